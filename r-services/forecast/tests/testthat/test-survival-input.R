rows <- simulated_gaps(600L)
answer <- answer_for(rows)

test_that("each bad cell is named, all at once", {
  bad <- rows
  bad$observed_gap_days[3L] <- -1L
  bad$accuracy[4L] <- NaN
  bad$user_id[5L] <- NA
  cause <- refusal(bad, open_gaps(rows))
  expect_equal(cause$code, "INVALID_INPUT")
  expect_setequal(problem_places(cause), c("rows observed_gap_days 3", "rows accuracy 4", "rows user_id 5"))
  zero <- which(rows$observed_gap_days == 0L)[1:2]
  bad <- rows
  bad$returned[zero] <- TRUE
  expect_setequal(problem_places(refusal(bad)), paste("rows observed_gap_days", zero))
})

test_that("columns that are missing are named", {
  expect_equal(problem_places(refusal(rows[setdiff(names(rows), "returned")], open_gaps(rows))),
               "rows returned NA")
  expect_equal(problem_places(refusal(rows[setdiff(names(rows), "observed_gap_days")], open_gaps(rows))),
               "rows observed_gap_days NA")
  without <- open_gaps(rows)
  without$accuracy <- NULL
  expect_equal(problem_places(refusal(rows, without)), "at_risk accuracy NA")
})

test_that("wrong types and duplicate learners are named", {
  at_risk <- open_gaps(rows)[1:3, ]
  at_risk$user_id[3L] <- at_risk$user_id[1L]
  at_risk$idle_days <- c("1", "two", "2.5")
  expect_setequal(problem_places(refusal(rows, at_risk)),
                  c("at_risk idle_days 2", "at_risk idle_days 3", "at_risk user_id 3"))
})

test_that("dates that cannot be are named", {
  late <- rows
  late$observed_gap_days[2L] <- 500L
  expect_equal(problem_places(refusal(late)), "rows observed_gap_days 2")
  expect_equal(problem_places(refusal(rows, validate_landmarks_days = list(7L))),
               "params validate_landmarks_days NA")
})

test_that("too little is 422 with the numbers", {
  for (few in list(rows[0L, ], rows[1:30, ], within(rows, returned <- FALSE))) {
    cause <- refusal(few, open_gaps(rows))
    expect_equal(cause$code, "NOT_ESTIMABLE")
    expect_equal(cause$detail$n_returns, sum(few$returned[few$observed_gap_days > 0L]))
    expect_equal(cause$detail$returns_needed, 50L)
  }
  expect_equal(refusal(rows[1:4])$code, "NOT_ESTIMABLE")
})

test_that("a snapshot whose event is only a long absence is 422: it holds no return", {
  snapshot <- rows[setdiff(names(rows), "returned")]
  snapshot$event <- snapshot$observed_gap_days >= 14L
  expect_equal(refusal(snapshot, open_gaps(rows))$code, "NOT_ESTIMABLE")
  expect_equal(refusal(snapshot, NULL)$code, "NOT_ESTIMABLE")
  renamed <- rows
  renamed$returned <- renamed$observed_gap_days >= 14L
  cause <- refusal(renamed)
  expect_equal(cause$code, "NOT_ESTIMABLE")
  expect_match(conditionMessage(cause), "no return")
})

test_that("an empty at_risk table scores nobody; no table scores the open gaps", {
  none <- answer_for(rows, open_gaps(rows)[0L, ])
  expect_equal(nrow(none$tables$survival_risk), 0L)
  expect_match(paste(none$notices, collapse = " "), "nobody is scored")
  own <- answer_for(rows, NULL)
  expect_setequal(own$tables$survival_risk$user_id, unique(rows$user_id[!rows$returned]))
})

test_that("the order of rows and columns changes no byte; a repeat is identical", {
  set.seed(12)
  mixed <- rows[sample.int(nrow(rows)), c(1:4, rev(5:ncol(rows)))]
  at_risk <- open_gaps(rows)
  expect_identical(answer_for(mixed, at_risk[sample.int(nrow(at_risk)), ])$tables, answer$tables)
  repeated <- with_service_workers(answer_for(rows)) # nor does the number of processes
  expect_identical(repeated$tables, answer$tables)
})

test_that("landing tables have the contract's columns", {
  tables <- answer$tables
  expect_named(tables$survival_risk, c("user_id", "risk_score", "idle_days", "status", "hazard_ratio",
                                       "rank_percentile", "contributions", "horizon_days", "open_day_risk"))
  expect_named(tables$survival_fit_meta, c("formula", "family", "event_threshold_days", "coefficients",
                                           "hazard_ratios", "concordance", "n", "n_events", "survival_curve",
                                           "diagnostics"))
})

test_that("a measure that is not defined is null, and nothing else is sent", {
  # all return after one day: no two gaps differ
  daily <- do.call(rbind, lapply(1:6, function(user) {
    data.frame(user_id = paste0("u", user), gap_started_on = AS_OF - 11:0,
               observed_gap_days = c(rep(1L, 11L), 0L),
               returned = c(rep(TRUE, 11L), FALSE), accuracy = (user * 7 + 1:12 * 5) %% 11)
  }))
  one_length <- simulated_gaps(800L)
  one_length$observed_gap_days[one_length$returned] <- 1L
  no_open <- subset(simulated_gaps(400L), returned)
  apart <- simulated_gaps(400L)
  apart$a_t <- as.double(apart$returned)
  huge <- simulated_gaps(400L)
  huge$accuracy[1L] <- 1e90
  for (odd in list(daily, one_length, no_open, apart, huge)) {
    answer <- answer_for(odd)
    expect_no_error(fitservice::json_text(answer$result))
    numbers <- unlist(Filter(is.double, c(answer$tables$survival_risk, answer$tables$survival_fit_meta)))
    expect_false(any(is.nan(numbers) | is.infinite(numbers)))
  }
  expect_true(is.na(answer_for(daily)$tables$survival_fit_meta$concordance))
  huge$accuracy[1L] <- 1e200
  expect_true("rows accuracy 1" %in% problem_places(refusal(huge)))
})

test_that("a large fit is validated on a part of the learners, chosen by their ids alone", {
  some <- gaps_to_validate(rows, 200L)
  expect_lte(nrow(some$rows), 200L)
  expect_gt(nrow(some$rows), 150L)
  expect_equal(nrow(some$rows), sum(rows$user_id %in% some$rows$user_id)) # whole learners
  mixed <- gaps_to_validate(rows[rev(seq_len(nrow(rows))), ], 200L)
  expect_setequal(mixed$rows$user_id, some$rows$user_id)
  expect_match(some$notices, "validated on \\d+ of \\d+ learners")
  expect_identical(gaps_to_validate(rows)$rows, rows)
})
