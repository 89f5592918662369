# Bad and degenerate input: refused with the numbers or stopped by a gate, never published.

rows <- simulated_rows(40L, 10L)

run_request <- function(rows, goals = NULL, ..., as_of = format(AS_OF)) {
  raw_of <- function(frame) fitservice:::json_table(jsonlite::parse_json(json_text(frame)), "rows")
  raw <- list(rows = raw_of(rows))
  if (!is.null(goals)) raw$goals <- raw_of(goals)
  run_endpoint(fit_endpoint(), raw, list(as_of = as_of, ...))
}

refusal <- function(...) tryCatch(run_request(...), service_error = identity)

problems_of <- function(...) {
  cause <- refusal(...)
  expect_equal(cause$code, "INVALID_INPUT")
  paste(cause$detail$problems$column, cause$detail$problems$problem)
}

not_estimable <- function(pattern, ...) {
  cause <- refusal(...)
  expect_equal(cause$code, "NOT_ESTIMABLE")
  expect_match(conditionMessage(cause), pattern)
  cause$detail
}

test_that("too little data is NOT_ESTIMABLE with the numbers", {
  none <- tryCatch(answer_for(rows[0L, ]), service_error = identity)
  expect_equal(list(none$code, none$detail$n_rows), list("NOT_ESTIMABLE", 0L))
  expect_equal(not_estimable("no scores", rows[0L, ])$n_rows, 0L) # JSON [] over HTTP
  constant <- rows
  constant$score <- 0.7
  expect_equal(not_estimable("the same", constant)$sd_of_scores, 0)
  one_week <- rows[rows$week == max(rows$week), ]
  expect_equal(not_estimable("1 week;", one_week)$n_weeks, 1L)
  two <- rows[rows$student_id %in% c("u00001", "u00002"), ]
  detail <- not_estimable("2 learners have scores in two weeks", two)
  expect_equal(c(detail$n_learners_with_2_weeks, detail$needed$learners_with_2_weeks), c(2L, 10L))
  set.seed(1)
  shuffled <- rows[sample.int(nrow(rows)), ]
  first <- shuffled[!duplicated(shuffled$student_id), ]
  expect_equal(not_estimable("0 learners have scores in two", first)$n_learners, 40L)
})

test_that("standard errors larger than the scores differ by are refused, a few among good ones are not", {
  huge <- rows
  huge$se <- 1e6
  detail <- not_estimable("no larger than the standard deviation", huge)
  expect_equal(c(detail$n_learners_measured, detail$median_se), c(0, 1e6))
  huge$se <- replace(rows$se, 1:20, 1e6)
  expect_true(all_pass(run_request(huge)$gates))
})

test_that("without noise, or without learners who could show it, nothing is fitted", {
  plain <- simulated_rows(40L, 10L, errors = FALSE)
  exact <- plain
  exact$score <- as.integer(exact$week - AS_OF) / 70 + match(exact$student_id, unique(exact$student_id))
  not_estimable("exactly on a straight line", exact)
  short <- do.call(rbind, lapply(split(plain, plain$student_id), function(one) one[1:2, ]))
  not_estimable("three weeks or more", short)
})

test_that("an outlier of 50 standard deviations trips the residual gate, in small and in larger data", {
  for (n in c(12L, 40L, 300L)) {
    spoilt <- simulated_rows(n, 8L, seed = n)
    spoilt$score[17L] <- spoilt$score[17L] + 50 * 0.5
    answer <- run_request(spoilt)
    expect_false(all_pass(answer$gates))
    expect_match(failed_reasons(answer$gates), "largest_residual", all = FALSE)
    worst <- answer$result$largest_residuals[1L, ]
    expect_equal(c(worst$student_id, worst$week), c(spoilt$student_id[17L], format(spoilt$week[17L])))
  }
  broken <- rows
  of_one <- broken$student_id == "u00007"
  broken$score[of_one] <- broken$score[of_one] + 50
  expect_match(failed_reasons(run_request(broken)$gates), "largest_learner_deviation", all = FALSE)
})

test_that("honest data do not trip it, nor does noise with heavier tails", {
  for (seed in 1:5) expect_true(all_pass(run_request(simulated_rows(60L, 8L, seed = seed))$gates))
  set.seed(3)
  heavy <- simulated_rows(300L, 12L, errors = FALSE)
  truth <- attr(heavy, "truth")
  learner <- match(heavy$student_id, truth$student_id)
  x <- as.integer(heavy$week - AS_OF) / 7
  heavy$score <- truth$a[learner] + truth$b[learner] * x + 0.3 * stats::rt(nrow(heavy), 5)
  expect_true(all_pass(run_request(heavy)$gates))
})

test_that("what breaks the contract is named row by row, all at once", {
  expect_match(problems_of(rbind(rows, rows[5L, ])), "week this learner has an earlier row")
  expect_match(problems_of(transform(rows, week = week + 1L)), "named by its Monday", all = FALSE)
  expect_match(problems_of(transform(rows, week = week + 70L)), "after as_of", all = FALSE)
  expect_match(problems_of(transform(rows, se = -se)), "se must be at least 0", all = FALSE)
  expect_match(problems_of(transform(rows, score = ifelse(seq_along(score) == 3L, "NaN", "1"))),
               "score", all = FALSE)
  nameless <- stats::setNames(rows, sub("student_id", "learner", names(rows)))
  expect_match(problems_of(nameless), "one of these columns is needed: student_id, student, user_id")
  twice <- cbind(rows, user_id = rows$student_id)
  expect_match(problems_of(twice), "one of these columns")
  goals <- data.frame(user_id = c("u00001", "u00001"), target = 1)
  expect_match(problems_of(rows, goals), "earlier row")
  expect_match(problems_of(rows, data.frame(user_id = "u00001", goal_week = 9L)), "give goal_date")
})

test_that("priors and formulas are names and numbers from a list, never code", {
  expect_match(problems_of(rows, priors = list(sigma = "system('id')")), "priors sigma: must be one of")
  expect_match(problems_of(rows, priors = list(week = "normal(0, 1); stop()")), "priors week")
  expect_match(problems_of(rows, priors = list(week = "normal(0, -1)")), "above 0")
  expect_match(problems_of(rows, priors = list(slope = "normal(0, 1)")), "there is no such prior")
  expect_match(problems_of(rows, formula = "score ~ week + system('id')"), "formula must be one of")
  expect_match(problems_of(rows[-4L], formula = GROWTH_FORMULAS[["errors"]]), "have none")
  expect_match(problems_of(rows, family = "student"), "needs the engine brms")
  answer <- run_request(rows, formula = "score~week+(week|student_id)")
  expect_equal(answer$result$formula, GROWTH_FORMULAS[["plain"]])
  expect_match(answer$notices, "leaves se out", all = FALSE)
})

test_that("slopes that hardly differ pass by a mixture of proposals", {
  flat <- simulated_rows(300L, 4L, truth = replace(TRUTH, "sd_b", 0), seed = 4L)
  answer <- run_request(flat)
  expect_true(all_pass(answer$gates))
  expect_equal(nrow(answer$result$diagnostics$attempts), 1L)
  expect_match(answer$result$diagnostics$attempts$how, "proposals: ([2-9]|1[0-9])$")
})

test_that("a failed first attempt is retried once with more draws, and the reasons are kept", {
  home <- environment(weighted_attempt)
  real <- mixture_draws
  on.exit(assign("mixture_draws", real, home))
  n_calls <- 0L
  assign("mixture_draws", function(posterior, centre, covariance, n, ...) {
    n_calls <<- n_calls + 1L
    if (n_calls > 1L) return(real(posterior, centre, covariance, n, ...))
    c(importance_draws(posterior, centre + 1, covariance / 25, n), n_components = 1L)
  }, home)
  answer <- answer_for(rows)
  attempts <- answer$result$diagnostics$attempts
  expect_equal(attempts$passed, c(FALSE, TRUE))
  expect_match(attempts$reasons[1L], "pareto_k|ess")
  expect_gt(attempts$n_draws[2L], attempts$n_draws[1L])
  expect_match(answer$notices, "Attempt 1", all = FALSE)
  expect_true(all_pass(answer$gates))
})
