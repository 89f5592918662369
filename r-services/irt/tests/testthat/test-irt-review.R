# Doubtful items: wrong keys, guessing, copies. Flags by the bounds of `items_to_review`.

fit_of <- function(answer) {
  items <- answer$tables$mirt_item_params
  read <- function(key) {
    vapply(items$fit, function(text) {
      value <- jsonlite::parse_json(text)[[key]]
      if (is.null(value)) NA_real_ else as.double(value)
    }, 0, USE.NAMES = FALSE)
  }
  data.frame(item_id = items$item_id, rest_r = read("rest_r"), rest_p = read("rest_p"),
             c_gain = read("c_gain"), q3 = read("q3"), q3_p = read("q3_p"))
}

test_that("wrong keys are found and a clean bank has none, nor pairs nor guessing", {
  rows <- simulated_rows(1500L, 20L, seed = 31L)
  turned <- c("i03", "i17", "i30")
  clean <- fit_of(answer_for(rows))
  miskeyed <- function(fit) fit$item_id[which(fit$rest_r < 0 & fit$rest_p < 0.01)]
  expect_length(miskeyed(clean), 0L)
  expect_false(any(clean$q3 > 0.2 & clean$q3_p < 0.05))
  expect_lte(sum(clean$c_gain > 6.6), 1L)
  rows$is_correct <- xor(rows$is_correct, rows$item_id %in% turned)
  expect_setequal(miskeyed(fit_of(answer_for(rows))), turned)
})

test_that("guessable items gain by a lower asymptote, others do not", {
  items <- true_items()
  items$c <- rep(c(0, 0.3), 20L)
  items$a <- 1.3
  fit <- fit_of(answer_for(simulated_rows(4000L, 40L, items, seed = 32L)))
  gained <- fit$c_gain > 6.6
  expect_gte(sum(gained & items$c > 0), 3L)
  expect_false(any(gained & items$c == 0))
})

test_that("a question under two ids at 60% copies is named with its partner", {
  rows <- simulated_rows(1000L, 40L, seed = 33L)
  rows <- rows[order(rows$user_id, rows$item_id), ]
  copied <- which(rows$item_id == "i11")[seq_len(600L)]
  rows$is_correct[copied] <- rows$is_correct[copied - 1L]
  answer <- answer_for(rows)
  fit <- fit_of(answer)
  expect_setequal(fit$item_id[which(fit$q3 > 0.2 & fit$q3_p < 0.05)], c("i10", "i11"))
  expect_match(answer$notices, "i1[01] and i1[01]", all = FALSE)
})
