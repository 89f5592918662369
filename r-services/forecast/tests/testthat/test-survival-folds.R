rows <- simulated_gaps(2000L, seed = 13L)
rows <- rows[rows$observed_gap_days > 0L, ]
parameters <- fit_parameters()

folds_of <- function(rows) {
  folds_summary(do.call(rbind, lapply(fold_tasks(rows, parameters), function(task) task())))
}

test_that("a learner is in one fold, whoever else is there and in whatever order", {
  fold <- fold_of(rows$user_id)
  expect_true(all(tapply(fold, rows$user_id, function(x) length(unique(x))) == 1L))
  expect_setequal(fold, seq_len(N_FOLDS))
  some <- rev(seq(1L, nrow(rows), by = 3L))
  expect_identical(fold_of(rows$user_id[some]), fold[some])
})

test_that("the scores of a fold come from a fit that saw none of its learners", {
  tested <- fold_of(rows$user_id) == 2L
  changed <- rows
  changed$accuracy[!tested] <- rev(changed$accuracy[!tested])
  one <- function(data, tested) {
    shared <- list(censoring = censoring_curve(rows), last_day = 60L)
    validate_fold(data, tested, shared, parameters)$integrated_brier
  }
  expect_gt(abs(one(rows, tested) - one(changed, tested)), 1e-6)
  fit <- fit_return_model(rows[!tested, ], robust = FALSE)$model
  held <- rows[tested, ]
  lp <- linear_predictor(fit, held)
  by_hand <- vapply(1:60, function(day) {
    g <- exp(-cumulative_hazard(fit, lp, rep(day, nrow(held))))
    km <- summary(survival::survfit(survival::Surv(observed_gap_days + 0.5 * !returned, !returned) ~ 1, rows))
    censoring <- function(t) c(1, km$surv)[findInterval(t, km$time) + 1L]
    back <- held$returned & held$observed_gap_days <= day
    lasts <- held$observed_gap_days > day
    weight <- ifelse(back, 1 / censoring(held$observed_gap_days), ifelse(lasts, 1 / censoring(day + 0.5), 0))
    sum(weight * ifelse(back, g^2, (1 - g)^2)) / sum(weight)
  }, 1)
  expect_equal(one(rows, tested), mean(by_hand), tolerance = 1e-10)
})

test_that("Brier scores under censoring are survival's own", {
  # brier() looks the data up in the call. It asks at a time; ours are whole days, at whose end the day's
  # returns and censorings are over. With Breslow's ties its reference is Kaplan's and Meier's curve.
  oracle <- function(ties) {
    model <- do.call(survival::coxph, list(
      survival::Surv(observed_gap_days, returned) ~ accuracy + log_answers, rows, ties = ties
    ))
    survival:::brier(model, times = 1:50 + 0.75)$brier
  }
  of_curve <- function(model, relative) {
    brier_under_censoring(rows, 1:50, censoring_curve(rows), function(day) {
      exp(-hazard_until(model, relative, day))
    })
  }
  model <- fit_return_model(rows)$model
  expect_equal(of_curve(model, exp(linear_predictor(model, rows))), unname(oracle("efron")[, "Model"]),
               tolerance = 1e-6)
  expect_equal(of_curve(kaplan_meier(rows), matrix(1, nrow(rows))), unname(oracle("breslow")[, "NULL"]),
               tolerance = 1e-6)
})

test_that("a day after which nobody is left to be watched adds no weight", {
  few <- data.frame(observed_gap_days = c(1L, 2L, 3L, 3L), returned = c(TRUE, TRUE, FALSE, FALSE))
  expect_equal(censoring_curve(few), c(1, 1, 0))
  found <- brier_under_censoring(few, 1:3, censoring_curve(few), function(day) rep(0.5, 4L))
  expect_equal(found, rep(0.25, 3L))
})

test_that("the curve without covariates is Kaplan's and Meier's", {
  curve <- summary(survival::survfit(survival::Surv(observed_gap_days, returned) ~ 1, rows), times = 1:60)
  own <- exp(-cumulative_hazard(kaplan_meier(rows), matrix(0, 60L), 1:60))
  expect_equal(own, curve$surv, tolerance = 1e-12)
})

test_that("concordance is survival's own, and holds out of fold", {
  fit <- fit_return_model(rows)
  risk <- stay_away_probability(fit$model, linear_predictor(fit$model, rows), rep(0L, nrow(rows)), 14L)
  oracle <- survival::concordance(survival::Surv(observed_gap_days, returned) ~ risk, rows)$concordance
  expect_equal(gap_concordance(fit$model, rows, 14L)$concordance, unname(oracle), tolerance = 1e-10)
  found <- folds_of(rows)
  expect_equal(found$concordance, unname(oracle), tolerance = 0.01)
  expect_gt(found$integrated_brier_skill, 0.02)
})

test_that("uninformative covariates have no skill out of fold", {
  set.seed(14)
  blind <- rows
  blind[c("accuracy", "log_answers")] <- stats::rnorm(2L * nrow(rows))
  found <- folds_of(blind)
  expect_equal(found$concordance, 0.5, tolerance = 0.05)
  expect_lt(abs(found$integrated_brier_skill), 0.01)
})

test_that("a fold that cannot be fitted says why and leaves the rest null", {
  few <- rows[1:70, ]
  found <- folds_of(few)
  expect_true(is.na(found$concordance))
  expect_match(found$reason, "at least 50 are needed")
})

test_that("the order of rows changes no digit of the validation", {
  diagnostics_of <- function(rows, at_risk) answer_for(rows, at_risk)$tables$survival_fit_meta$diagnostics
  set.seed(15)
  expect_identical(diagnostics_of(rows[sample.int(nrow(rows)), ], open_gaps(rows)),
                   diagnostics_of(rows, open_gaps(rows)))
})
