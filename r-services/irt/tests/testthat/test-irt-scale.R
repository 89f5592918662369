# The scale over time: founding run, anchors, new items, drift, versions.

founding <- answer_for(simulated_rows(), as_of = format(AS_OF))
bank <- bank_of(founding)

test_that("the founding run passes its gates and finds the truth", {
  expect_true(passed(founding))
  expect_equal(founding$result$fit_meta$linking_constants[c("A", "B", "n_anchors_used")],
               list(A = 1, B = 0, n_anchors_used = 0L))
  expect_gt(stats::cor(bank$b, true_items()$b), 0.98)
  expect_lt(sqrt(mean((bank$b - true_items()$b)^2)), 0.15)
  expect_equal(nrow(founding$tables$item_drift), 0L)
})

test_that("fixed anchors keep their values to the last digit, and abler learners get higher thetas", {
  later <- answer_for(simulated_rows(800L, mean = 0.7, sd = 0.8, seed = 2L), bank, as_of = "2024-04-30")
  expect_true(passed(later))
  kept <- bank$status == "operational"
  now <- bank_of(later)
  expect_identical(now[kept, c("a", "b", "c")], bank[kept, c("a", "b", "c")])
  group <- later$result$fit_meta$metrics$group
  expect_lt(abs(group$mean - 0.7), 0.1)
  expect_lt(abs(group$sd - 0.8), 0.1)
  expect_lt(abs(later$result$fit_meta$linking_constants$B - 0.7), 0.1)
})

test_that("an unchanged bank keeps its version, a new item makes a new one, on the bank's scale", {
  again <- answer_for(simulated_rows(seed = 3L), bank, as_of = "2024-04-30")
  provisional <- sum(bank$status == "provisional")
  if (provisional == 0L) expect_identical(bank_of(again)$version, bank$version)
  fewer <- bank[-(1:3), ]
  grown <- answer_for(simulated_rows(mean = 0.5, seed = 3L), fewer, as_of = "2024-04-30")
  expect_false(bank_of(grown)$version[1L] == bank$version[1L])
  found <- bank_of(grown)
  expect_lt(max(abs(found$b[1:3] - true_items()$b[1:3])), 0.45)
})

test_that("items outside the window keep what is known of them, and are scored", {
  rows <- simulated_rows(seed = 4L)
  rows$is_calibrated <- rows$item_id > "i10"
  answer <- answer_for(rows, bank)
  outside <- bank$item_id <= "i10"
  expect_identical(bank_of(answer)[outside, c("b", "se_b", "n_responses", "item_fit")],
                   bank[outside, c("b", "se_b", "n_responses", "item_fit")])
  expect_equal(sum(answer$result$abilities$n), nrow(rows))
})

test_that("an item that drifted in two windows is estimated again and no longer holds the scale", {
  moved <- true_items()
  moved$b[7L] <- moved$b[7L] + 1
  rows <- simulated_rows(items = moved, seed = 6L)
  once <- answer_for(rows, bank)
  drift <- once$tables$item_drift
  expect_equal(drift$item_id[drift$is_flagged], "i07")
  expect_false(any(drift$is_persistent))
  expect_identical(bank_of(once)$b[7L], bank$b[7L])
  bank$was_flagged <- bank$item_id == "i07"
  twice <- answer_for(rows, bank)
  drift <- twice$tables$item_drift
  expect_equal(drift$item_id[drift$is_persistent], "i07")
  expect_false(drift$is_anchor[drift$item_id == "i07"])
  expect_lt(abs(bank_of(twice)$b[7L] - moved$b[7L]), 0.3)
  expect_gt(drift$effect_size[drift$item_id == "i07"], 0.7)
})

test_that("without fixed anchors Stocking and Lord's line brings the run to the bank's scale", {
  free <- bank
  free$fixed <- FALSE
  answer <- answer_for(simulated_rows(mean = 0.5, sd = 1.2, seed = 8L), free)
  linking <- answer$result$fit_meta$linking_constants
  expect_equal(linking$method, "stocking-lord")
  expect_lt(abs(linking$B - 0.5), 0.1)
  expect_lt(abs(linking$A - 1.2), 0.12)
  expect_true(passed(answer))
})

test_that("the line of fixed anchors and Stocking and Lord's agree within their errors; no item drifts", {
  for (group in list(c(-1, 0.7), c(0.5, 1.3), c(0, 0.5))) {
    rows <- simulated_rows(500L, 20L, mean = group[1L], sd = group[2L], seed = 21L)
    answer <- answer_for(rows, bank)
    linking <- answer$result$fit_meta$linking_constants
    for (part in c("A", "B")) {
      error <- sqrt(linking$se[[part]]^2 + linking$stocking_lord_se[[part]]^2)
      expect_lt(error, 0.1)
      expect_lt(abs(linking$stocking_lord[[part]] - linking[[part]]), 2.5 * error)
    }
    expect_lt(abs(linking$A - group[2L]), 0.12)
    expect_equal(sum(answer$tables$item_drift$is_flagged), 0L)
  }
})

# Forty runs, about 15 s.
test_that("without drift at most 2% of the items and 20% of the windows are flagged, whatever the group", {
  skip_if_not(identical(Sys.getenv("DREAMSEED_SLOW"), "true"), "slow: make test-slow runs it")
  for (sd in c(0.6, 1.5)) {
    flags <- vapply(1:20, function(seed) {
      answer <- answer_for(simulated_rows(200L, 20L, mean = -0.5, sd = sd, seed = 100L + seed), bank)
      mean(answer$tables$item_drift$is_flagged)
    }, 0)
    expect_lte(mean(flags), 0.02)
    expect_lte(mean(flags > 0), 0.2)
  }
})

test_that("Rasch: the line stretches nothing, since the sd is free on both scales", {
  items <- transform(true_items(), a = 1)
  first <- bank_of(answer_for(simulated_rows(items = items, sd = 1.5, seed = 22L), model = "Rasch"))
  answer <- answer_for(simulated_rows(800L, items = items, mean = 0.5, sd = 1.5, seed = 23L), first,
                       model = "Rasch")
  linking <- answer$result$fit_meta$linking_constants
  expect_lt(abs(linking$A - 1), 0.05)
  expect_lt(abs(linking$B - 0.5), 0.25)
  expect_lt(abs(answer$result$fit_meta$metrics$group$sd - 1.5), 0.15)
  expect_equal(sum(answer$tables$item_drift$is_flagged), 0L)
})

test_that("a run that cannot be tied to the bank is refused, with the numbers", {
  few <- bank[1:3, ]
  few$fixed <- FALSE
  cause <- refusal(simulated_rows(seed = 8L), few)
  expect_equal(c(cause$code, cause$detail$n_anchors, cause$detail$n_needed), c("NOT_ESTIMABLE", 3, 5))
  strange <- bank
  strange$item_id <- paste("other", strange$item_id)
  expect_equal(refusal(simulated_rows(seed = 8L), strange)$code, "NOT_ESTIMABLE")
  fixed <- answer_for(simulated_rows(seed = 8L), bank[bank$status == "operational", ][1:3, ])
  expect_false(passed(fixed))
  expect_equal(gate(fixed, "n_anchors"), 3)
})

test_that("anchors the application prefers hold the scale alone when they are enough", {
  bank$is_preferred <- bank$item_id <= "i08" & bank$fixed
  answer <- answer_for(simulated_rows(seed = 9L), bank)
  linking <- answer$result$fit_meta$linking_constants
  expect_equal(linking$n_anchors, sum(bank$is_preferred))
  expect_true(all(linking$unstable %in% bank$item_id[bank$is_preferred]))
})

test_that("the order of the rows changes no digit", {
  rows <- simulated_rows(300L, seed = 10L)
  set.seed(1L)
  expect_identical(answer_for(rows[sample(nrow(rows)), ], bank)$tables, answer_for(rows, bank)$tables)
})

test_that("a prior can be changed or switched off; nonsense is refused", {
  rows <- simulated_rows(400L, 12L, seed = 11L)
  spread <- function(...) stats::sd(log(bank_of(answer_for(rows, ...))$a))
  narrow <- spread(priors = list(log_a = list(sd = 0.05, learn = FALSE)))
  off <- spread(priors = list(log_a = NULL))
  expect_lt(narrow, 0.1)
  expect_gt(off, spread())
  spec <- answer_for(rows, priors = list(log_a = NULL))$result$fit_meta$model_spec
  expect_null(spec$priors$log_a)
  for (bad in list(list(slope = NULL), list(log_a = 3), list(1))) {
    expect_equal(refusal(rows, priors = bad)$code, "INVALID_INPUT")
  }
  expect_equal(refusal(rows, priors = list(log_a = list(sd = -1)))$code, "INVALID_INPUT")
})

test_that("an item that repeats another one is left out, named, and does not fail the run", {
  rows <- simulated_rows(600L, 30L, seed = 12L)
  first <- rows[rows$item_id == "i04", ]
  rows <- rows[rows$item_id != "i05" | !rows$user_id %in% first$user_id, ]
  rows <- rbind(rows, transform(first, item_id = "i05"))
  answer <- answer_for(rows)
  expect_true(all(answer$gates$value >= answer$gates$lower))
  expect_match(answer$notices, "1 items are left out .* i0[45] repeats i0[45]", all = FALSE)
  kept <- intersect(c("i04", "i05"), answer$tables$mirt_item_params$item_id)
  expect_length(kept, 1L)
  items <- answer$tables$mirt_item_params
  fit <- jsonlite::parse_json(items$fit[items$item_id == kept])
  expect_equal(fit$partner, setdiff(c("i04", "i05"), kept))
  expect_gt(fit$q3, 0.9)
  expect_equal(answer$result$fit_meta$metrics$local_dependence$n_pairs, 39 * 38 / 2)
})

test_that("a learner with all answers right is never below one with some wrong on the same items", {
  for (model in c("Rasch", "2PL", "3PL")) {
    items <- true_items(12L)
    rows <- simulated_rows(800L, 12L, items, seed = 13L)
    abilities <- answer_for(rows, model = model)$result$abilities
    wrong <- tapply(!rows$is_correct, rows$user_id, sum)[abilities$user_id]
    expect_gt(sum(wrong == 0), 3)
    for (theta in abilities[c("theta", "theta_eap")]) {
      expect_gt(min(theta[wrong == 0]), max(theta[wrong > 0]))
    }
  }
})

test_that("progress reports each iteration with its change in log-likelihood, up to the end of the way", {
  reported <- list()
  listen <- function(stage, ...) reported[[length(reported) + 1L]] <<- list(stage = stage, ...)
  rows <- simulated_rows(400L, 12L, seed = 14L)[c("user_id", "item_id", "is_correct")]
  tables <- list(observations = raw_form(rows), anchors = raw_form(bank))
  fitservice::run_endpoint(irt_endpoint(), tables, list(), listen)
  stages <- vapply(reported, function(one) one$stage, "")
  expect_equal(unique(stages)[1:3], c("counting", "comparing with the bank", "calibrating"))
  expect_equal(stages[length(stages)], "scoring")
  steps <- reported[stages == "calibrating"]
  expect_equal(vapply(steps, function(one) one$iteration, 1L), seq_along(steps))
  expect_true(all(c("loglik_change", "largest_change") %in% names(steps[[1L]])))
  expect_equal(steps[[length(steps)]]$done, 100)
  expect_gt(steps[[2L]]$loglik_change, 0)
})
