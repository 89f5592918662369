# Bad and degenerate input: a clear refusal with the numbers, never a crash.

rows <- simulated_rows(60L, 10L, true_items(15L))[c("user_id", "item_id", "is_correct")]

problems_of <- function(...) {
  cause <- refusal(...)
  expect_equal(cause$code, "INVALID_INPUT")
  paste(cause$detail$problems$column, cause$detail$problems$problem)
}

test_that("too little data is NOT_ESTIMABLE with the numbers", {
  expect_equal(refusal(rows[0, ])$detail$n_answers, 0L)
  one_item <- refusal(rows[rows$item_id == "i01", ])
  expect_equal(c(one_item$code, one_item$detail$n_items), c("NOT_ESTIMABLE", 1))
  one_learner <- refusal(rows[rows$user_id == "u00001", ])
  expect_equal(one_learner$code, "NOT_ESTIMABLE")
  all_right <- rows
  all_right$is_correct <- TRUE
  expect_equal(refusal(all_right)$detail$one_sided_items, I(sort(unique(rows$item_id))))
  expect_match(conditionMessage(refusal(all_right)), "i01, i02")
  nothing_to_score <- rows
  nothing_to_score$is_scored <- FALSE
  expect_equal(refusal(nothing_to_score)$detail$n_to_score, 0L)
  nothing_to_calibrate <- rows
  nothing_to_calibrate$is_calibrated <- FALSE
  expect_equal(refusal(nothing_to_calibrate)$code, "NOT_ESTIMABLE")
})

test_that("empty arrays of JSON are tables without rows", {
  none <- raw_form(rows[0, 0])
  asked <- function(path, tables) {
    tryCatch(fitservice::run_endpoint(irt_endpoint(path), tables, list()),
             service_error = function(cause) cause)
  }
  expect_equal(asked("/irt/calibrate", list(observations = none))$code, "NOT_ESTIMABLE")
  scored <- asked("/irt/score", list(observations = raw_form(rows), item_params = none))
  expect_equal(scored$code, "NOT_ESTIMABLE")
  founding <- asked("/irt/calibrate", list(observations = raw_form(rows), anchors = none))
  expect_equal(founding$result$fit_meta$linking_constants$method, "founding run")
})

test_that("an answer given twice breaks the contract", {
  cause <- refusal(rbind(rows, rows[5L, ]))
  expect_equal(cause$code, "INVALID_INPUT")
  expect_match(conditionMessage(cause), paste("1 answers repeat .* learner u00001, item", rows$item_id[5L]))
})

test_that("weights other than 0 and 1 are refused, 0 leaves out", {
  rows$weight <- 1
  rows$weight[3L] <- 0.5
  expect_match(problems_of(rows), "weight only 0", fixed = TRUE)
  rows$weight[3L] <- 0
  expect_equal(answer_for(rows)$result$fit_meta$metrics$n_answers, nrow(rows) - 1L)
})

test_that("a bank with impossible parameters is named item by item", {
  bank <- data.frame(item_id = c("i01", "i02", "i03"), a = c(-1, 1, 1), b = c(0, NA, 0), c = c(0, 0, 1))
  expect_setequal(problems_of(rows, bank), c(
    "a a number above 0 is needed, in `a` or in params", "b a number is needed, in `b` or in params",
    "c must be from 0 to below 1"))
})

test_that("a matrix must be one", {
  matrix_problem <- function(...) {
    cause <- tryCatch(fitservice::run_endpoint(irt_endpoint(), list(), list(...)),
                      service_error = function(cause) cause)
    cause$detail$problems$problem
  }
  expect_match(matrix_problem(), "send the table observations")
  expect_match(matrix_problem(responses = list(list(1, 0), list(1))), "one entry per item")
  expect_match(matrix_problem(responses = list(list(1, 2), list(1, 0))), "0, 1 or null")
  expect_match(matrix_problem(responses = list(list(1, 0)), item_ids = list("x", "x")), "2 different texts")
})

test_that("learners with one answer each give a documented result: slopes stay at their prior", {
  single <- simulated_rows(2000L, 1L, true_items(15L))
  answer <- answer_for(single)
  expect_equal(nrow(answer$tables$mirt_ability), 2000L)
  expect_true(all(is.finite(answer$tables$mirt_ability$theta)))
})
