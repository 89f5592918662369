# Against survival's own coxph, cox.zph, residuals and clustered variance.

rows <- simulated_gaps(3000L, c(accuracy = 0.6, log_answers = -0.4, a_t = 0.2), seed = 7L)
rows <- rows[rows$observed_gap_days > 0L, ]
x <- sweep(as.matrix(rows[5:7]), 2L, colMeans(rows[5:7]))
oracle <- survival::coxph(survival::Surv(observed_gap_days, returned) ~ x, rows, ties = "efron", eps = 1e-10)
of_design <- function(rows, x, size = 700L) {
  blocks_of(rows$observed_gap_days, rows$returned, match(rows$user_id, unique(rows$user_id)),
            function(i) x[i, , drop = FALSE], size)
}
gaps <- of_design(rows, x)
own <- maximise_cox(gaps)

test_that("estimates, likelihood, information and score residuals are survival's", {
  expect_true(own$converged)
  expect_equal(own$estimate, unname(stats::coef(oracle)), tolerance = 1e-8)
  expect_equal(own$value, oracle$loglik[2L], tolerance = 1e-12)
  expect_equal(own$variance, unname(oracle$var), tolerance = 1e-8)
  of_rows <- blocks_of(rows$observed_gap_days, rows$returned, seq_len(nrow(rows)),
                       function(i) x[i, , drop = FALSE])
  days <- efron_days(of_rows, 1L, own$estimate)
  residuals <- lapply(seq_along(of_rows$blocks), function(i) {
    score_residuals(of_rows, 1L, own$estimate, days, i)
  })
  residuals <- do.call(rbind, residuals)
  row <- unlist(lapply(of_rows$blocks, function(block) block$learner))
  expect_equal(unname(residuals[order(row), ]), unname(stats::residuals(oracle, "score")), tolerance = 1e-7)
})

test_that("the size of blocks changes nothing", {
  whole <- of_design(rows, x, nrow(rows))
  found <- c("estimate", "variance")
  expect_equal(maximise_cox(whole)[found], own[found], tolerance = 1e-10)
})

test_that("the Schoenfeld test is cox.zph's, term by term and all together", {
  table <- survival::cox.zph(oracle, terms = FALSE)$table
  found <- proportional_hazards(gaps, own)
  expect_equal(c(found$terms$chisq, found$global_chisq), unname(table[, "chisq"]), tolerance = 1e-6)
  expect_equal(c(found$terms$p, found$global_p), unname(table[, "p"]), tolerance = 1e-6)
})

test_that("effects that change after a day are those of gaps split there, robust errors included", {
  days <- rows$observed_gap_days
  late <- days > EFFECT_CHANGE_DAY
  whole <- data.frame(id = rows$user_id, gap = seq_along(days), days, returned = as.integer(rows$returned), x)
  Surv <- survival::Surv # survSplit knows the response by its bare name
  split <- survival::survSplit(Surv(days, returned) ~ ., whole, cut = EFFECT_CHANGE_DAY, episode = "part")
  split$change <- split$accuracy * (split$part == 2L)
  oracle <- survival::coxph(Surv(tstart, days, returned) ~ accuracy + log_answers + a_t + change, split,
                            ties = "efron", cluster = split$id, eps = 1e-10)
  final <- fit_cox(gaps, 1L)
  expect_equal(nrow(split), length(days) + sum(late))
  expect_equal(final$estimate, unname(stats::coef(oracle)), tolerance = 1e-8)
  expect_equal(robust_errors(final), unname(sqrt(diag(oracle$var))), tolerance = 1e-7)
})

test_that("ridge is survival's ridge", {
  few <- rows[1:60, ]
  design <- sweep(as.matrix(few[5:7]), 2L, colMeans(few[5:7]))
  few$returned[-(1:25)] <- FALSE
  final <- fit_cox(of_design(few, design))
  expect_true(all(final$ridged))
  scale <- apply(design, 2L, stats::sd)
  z <- sweep(design, 2L, scale, "/")
  oracle <- survival::coxph(
    survival::Surv(few$observed_gap_days, few$returned) ~
      survival::ridge(z, theta = RIDGE_THETA, scale = FALSE),
    ties = "efron", eps = 1e-10
  )
  expect_equal(final$estimate * unname(scale), unname(stats::coef(oracle)), tolerance = 1e-6)
  expect_equal(final$variance * unname(outer(scale, scale)), unname(oracle$var), tolerance = 1e-6)
})

test_that("an indicator that few returns inform is limited by ridge, and the others are not", {
  ended <- rows
  ended$a_t <- as.double(seq_len(nrow(ended)) <= 40L)
  ended$returned[1:40] <- FALSE
  fit <- fit_return_model(ended)
  expect_true(fit$converged)
  expect_equal(unclass(fit$diagnostics$ridge$terms), "a_t")
  expect_match(fit$notices, "ridge limits the effect of a_t", all = FALSE)
  held <- fit$coefficients[fit$coefficients$term == "a_t", ]
  expect_true(held$estimate < -1 && held$estimate > -15)
  others <- fit_return_model(ended[-(1:40), ])$coefficients
  expect_equal(fit$coefficients$estimate[1:2], others$estimate[1:2], tolerance = 0.05)
})

test_that("an effect without a finite maximum does not count as converged", {
  ended <- rows
  ended$a_t <- ifelse(rows$returned, rows$observed_gap_days, 1000)
  fit <- fit_return_model(ended)
  expect_false(fit$converged)
  expect_match(fit$notices, "the effect of a_t runs off", all = FALSE)
})

test_that("covariates that cannot be separated are refused with the numbers", {
  twice <- cbind(x, copy = x[, 1L])
  expect_error(maximise_cox(of_design(rows, twice)), class = "service_error")
})

test_that("returns all on one day leave proportional hazards untested, not infinite", {
  one_day <- rows
  one_day$returned <- one_day$returned & one_day$observed_gap_days == 1L
  fit <- fit_return_model(one_day)
  expect_true(all(is.na(fit$diagnostics$proportional_hazards$terms$chisq)))
  expect_match(fit$diagnostics$proportional_hazards$remedy, "could not be computed")
})
