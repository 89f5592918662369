fitted_once <- fit_return_model(simulated_gaps(3000L))

test_that("the baseline is survfit's curve for the average gap (an independent computation)", {
  rows <- simulated_gaps(1200L, seed = 8L)
  rows <- rows[rows$observed_gap_days > 0L, ]
  model <- fit_return_model(rows)$model
  oracle <- survival::coxph(survival::Surv(observed_gap_days, returned) ~ log_answers + accuracy, rows)
  for (x in list(c(0, 0), c(1, -1), c(-0.5, 2))) {
    learner <- data.frame(log_answers = x[1L], accuracy = x[2L])
    curve <- summary(survival::survfit(oracle, newdata = learner), times = 1:40)
    lp <- linear_predictor(model, learner[rep(1L, 40L), ])
    expect_equal(exp(-cumulative_hazard(model, lp, 1:40)), curve$surv, tolerance = 1e-6)
  }
})

test_that("Efron's baseline by hand on a tiny table", {
  days <- c(1, 1, 2, 3, 3, 4)
  returned <- c(TRUE, TRUE, TRUE, TRUE, FALSE, FALSE)
  w <- c(2, 1, 0.5, 1, 4, 1)
  found <- baseline_hazard(days, returned, matrix(log(w)), integer())
  by_hand <- c(1 / 9.5 + 1 / (9.5 - 3 / 2), 1 / 6.5, 1 / 6)
  expect_equal(found$hazard, by_hand)
  expect_equal(found$n_at_risk, c(6L, 4L, 3L))
})

test_that("risk chains: over h1 + h2 days it is the product", {
  learners <- data.frame(accuracy = c(-2, 0, 1.5), log_answers = c(1, 0, -1))
  lp <- linear_predictor(fitted_once$model, learners)
  for (idle in c(0L, 2L, 10L, 85L, 300L)) {
    whole <- stay_away_probability(fitted_once$model, lp, rep(idle, 3L), 21L)
    first <- stay_away_probability(fitted_once$model, lp, rep(idle, 3L), 8L)
    second <- stay_away_probability(fitted_once$model, lp, rep(idle + 8L, 3L), 13L)
    expect_equal(whole, first * second, tolerance = 1e-12)
  }
})

test_that("risk lies in [0, 1], starts at 1 and never rises with the days looked ahead", {
  lp <- matrix(c(-3, 0, 3))
  for (idle in c(0L, 40L, 200L)) {
    risk <- function(h) stay_away_probability(fitted_once$model, lp, rep(idle, 3L), h)
    over_days <- vapply(0:200, risk, numeric(3L))
    expect_equal(over_days[, 1L], c(1, 1, 1))
    expect_true(all(over_days >= 0 & over_days <= 1))
    expect_true(all(diff(t(over_days)) <= 0))
  }
})

test_that("with no idle days the risk is G at the horizon", {
  lp <- matrix(0)
  expect_equal(stay_away_probability(fitted_once$model, lp, 0L, 14L),
               exp(-cumulative_hazard(fitted_once$model, lp, 14L)))
})

test_that("beyond the supported days the last hazard goes on, also across a change of effects", {
  model <- list(
    cut_days = 3L, baseline = data.frame(day = c(1, 2, 5), hazard = c(0.5, 0.2, 0.1)),
    extension = list(from_day = 5L, daily_hazard = 0.04)
  )
  lp <- matrix(log(c(2, 3)), 1L)
  at <- function(u) cumulative_hazard(model, lp, u)
  expect_equal(vapply(c(0, 1, 2, 4, 5, 6, 100), at, 1),
               c(0, 1, 1.4, 1.4, 1.7, 1.7 + 0.12, 1.7 + 95 * 0.12))
  model$baseline <- model$baseline[1:2, ]
  model$extension$from_day <- 2L
  expect_equal(vapply(c(2, 3, 5), at, 1), c(1.4, 1.4 + 0.08, 1.4 + 0.08 + 0.24))
})

test_that("the supported part ends where fewer than 20 gaps are at risk", {
  days <- c(rep(1, 30), rep(5, 10), rep(10, 12), rep(40, 8))
  baseline <- baseline_hazard(days, rep(TRUE, 60L), matrix(0, 60L), integer())
  part <- supported_part(baseline, days)
  expect_equal(part$extension$from_day, 10L)
  expect_equal(part$baseline$day, c(1, 5, 10))
  expect_equal(part$extension$daily_hazard, sum(part$baseline$hazard) / 10)
})

test_that("contributions add up to the log hazard ratio, worst first", {
  learners <- data.frame(user_id = c("a", "b"), idle_days = c(0L, 9L), accuracy = c(1, NA),
                         log_answers = c(2, -1))
  scored <- score_learners(fitted_once$model, learners, fit_parameters())
  for (i in 1:2) {
    terms <- jsonlite::fromJSON(scored$contributions[i])
    expect_equal(sum(terms$contribution), log(scored$hazard_ratio[i]))
    expect_false(is.unsorted(terms$contribution))
  }
  expect_true(is.na(jsonlite::fromJSON(scored$contributions[2L])$value[
    jsonlite::fromJSON(scored$contributions[2L])$feature == "accuracy"]))
})

test_that("status follows the days idle, rank the risk", {
  learners <- data.frame(user_id = c("c", "a", "b"), idle_days = c(13L, 14L, 0L), accuracy = 0,
                         log_answers = 0)
  scored <- score_learners(fitted_once$model, learners, fit_parameters())
  expect_equal(scored$user_id, c("a", "b", "c"))
  expect_equal(scored$status, c("churned", "active", "active"))
  expect_equal(scored$rank_percentile, rank(scored$risk_score) / 3)
})

test_that("a stored model scores as the fit did, after a trip through JSON", {
  rows <- simulated_gaps(2000L, seed = 9L)
  rows$e_t <- ifelse(seq_len(2000L) %% 5L == 0L, NA, rows$accuracy^2)
  answer <- answer_for(rows)
  meta <- answer$tables$survival_fit_meta
  diagnostics <- jsonlite::parse_json(meta$diagnostics)
  again <- predict_survival(list(rows = open_gaps(rows)), list(model = diagnostics, time_points = c(14L, 7L)))
  expect_equal(again$tables$survival_risk, answer$tables$survival_risk, tolerance = 1e-12)
  curve <- jsonlite::fromJSON(again$result$survival_curves$curve[1L])
  expect_equal(curve$t, c(7, 14))
  expect_equal(curve$S[2L], answer$tables$survival_risk$risk_score[1L])
  expect_equal(again$result$risk_rankings$risk_score,
               sort(answer$tables$survival_risk$risk_score, decreasing = TRUE))
  expect_error(predict_survival(list(rows = open_gaps(rows)), list(model = list(a = 1), time_points = 7L)),
               class = "service_error")
})

test_that("a scoring is published only if everybody has a risk and the model is young enough", {
  rows <- simulated_gaps(800L, seed = 10L)
  model <- jsonlite::parse_json(answer_for(rows)$tables$survival_fit_meta$diagnostics)
  scored <- function(learners, ...) {
    parameters <- utils::modifyList(list(model = model, time_points = 14L), list(...))
    predict_survival(list(rows = learners), parameters)
  }
  learners <- open_gaps(rows)
  expect_equal(scored(learners)$gates$name, "n_not_scored")
  gates <- scored(learners, model_age_days = 8L, model_max_age_days = 35L)$gates
  expect_equal(gates$name, c("n_not_scored", "model_age_days"))
  expect_equal(gates$value, c(0, 8))
  expect_equal(gates$upper, c(0, 35))
  nobody <- scored(learners[0L, ])
  expect_equal(nrow(nobody$tables$survival_risk), 0L)
  expect_equal(nobody$gates$value, 0)
  expect_equal(fitservice::stored_model_gates(c(0, 1, NA, 1.1, -0.1, NaN), list())$value, 4)
})
