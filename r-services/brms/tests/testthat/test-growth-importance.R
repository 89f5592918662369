# Importance sampling against what can be known otherwise.

test_that("Pareto k and smoothed weights are those of the package loo", {
  set.seed(4)
  for (spread in c(0.3, 1, 2, 4)) {
    log_ratio <- spread * stats::rnorm(3000L)
    own <- pareto_smoothed(log_ratio)
    other <- suppressWarnings(loo::psis(log_ratio, r_eff = 1))
    expect_equal(own$k, other$diagnostics$pareto_k, tolerance = 1e-12)
    expect_equal(own$weight, exp(c(stats::weights(other, log = TRUE))), tolerance = 1e-12)
  }
})

test_that("draws without a density weigh nothing and change no other weight", {
  set.seed(4)
  log_ratio <- stats::rnorm(3000L)
  log_ratio[1:3] <- min(log_ratio) - 5
  without <- replace(log_ratio, 1:3, c(-Inf, NaN, -Inf))
  found <- pareto_smoothed(without)
  expect_lt(max(found$weight[1:3]), 1e-300)
  expect_equal(found$k, pareto_smoothed(log_ratio)$k, tolerance = 1e-12)
  expect_equal(sum(found$weight), 1)
  expect_true(is.na(pareto_smoothed(rep(-Inf, 50L))$k))
})

test_that("weights with a large k, or none, are refused by the gate", {
  set.seed(4)
  points <- matrix(stats::rnorm(18000L), 6L)
  passes <- function(log_ratio) {
    smoothed <- pareto_smoothed(log_ratio)
    gates <- attempt_of("test", list(points = points, weight = smoothed$weight, pareto_k = smoothed$k))$gates
    !any(startsWith(failed_reasons(gates), "pareto_k"))
  }
  expect_true(passes(0.3 * stats::rnorm(3000L)))
  expect_false(passes(4 * stats::rnorm(3000L)))
  expect_false(passes(rep(-Inf, 3000L)))
  expect_false(passes(rep(1, 3000L))) # equal weights: loo fits no shape
})

# A correlated normal with known moments in the place of the posterior.
known_normal <- function() {
  set.seed(9)
  root <- matrix(stats::rnorm(36L), 6L) / 3 + diag(6L)
  mean <- 1:6
  precision <- solve(crossprod(root))
  list(mean = mean, covariance = crossprod(root), value = function(points) {
    off <- points - mean
    -0.5 * colSums(off * (precision %*% off))
  })
}

test_that("moments of a normal are found from a proposal that is off, and k says when it is too far off", {
  target <- known_normal()
  set.seed(1)
  near <- importance_draws(target, target$mean + 0.3, target$covariance * 1.3, 4000L)
  expect_lt(near$pareto_k, 0.7)
  error <- sqrt(diag(target$covariance) / apply(near$points, 1L, importance_ess, near$weight))
  expect_lt(max(abs(c(near$points %*% near$weight) - target$mean) / error), 4)
  far <- importance_draws(target, target$mean + 2, target$covariance / 25, 4000L)
  expect_gt(far$pareto_k, 0.7)
  mixture <- mixture_draws(target, target$mean + 2, target$covariance / 25, 2000L)
  expect_lt(mixture$pareto_k, 0.7)
  error <- sqrt(diag(target$covariance) / apply(mixture$points, 1L, importance_ess, mixture$weight))
  expect_lt(max(abs(c(mixture$points %*% mixture$weight) - target$mean) / error), 4)
})

test_that("effective draws are counted, quantiles weighted, draws made equal", {
  x <- stats::rnorm(500L)
  expect_equal(importance_ess(x, rep(1 / 500, 500L)), 500)
  expect_lt(importance_ess(x, c(0.9, rep(0.1 / 499, 499L))), 50)
  expect_equal(weighted_quantile(1:5, c(0, 0, 1, 0, 0), 0.5), 3)
  expect_equal(weighted_quantile(c(3, 1, 2), rep(1 / 3, 3L), 0.5), 2)
  expect_equal(tabulate(equal_draws(c(0.5, 0.25, 0.25), 8L)), c(4L, 2L, 2L))
})

test_that("the gradient with priors is that of the density, whatever the priors", {
  rows <- simulated_rows(20L, 6L)
  scores <- growthcurve::growth_scores(match(rows$student_id, unique(rows$student_id)),
                                       as.integer(rows$week - AS_OF) / 7, rows$score, rows$se)
  priors <- growth_priors(list(Intercept = "student_t(4, 1, 2)", week = "cauchy(0, 0.3)",
                               sd_week = "exponential(2)",
                               sigma = "normal(0.5, 1)", cor = "lkj(2.5)"))
  posterior <- marginal_posterior(scores, priors)
  point <- c(0.1, 0.05, -0.3, -2, 0.4, -1)
  numeric <- vapply(1:6, function(j) {
    step <- replace(numeric(6L), j, 1e-5)
    diff(posterior$value(cbind(point - step, point + step))) / 2e-5
  }, 0)
  expect_equal(c(posterior$slope(matrix(point, 6L))), numeric, tolerance = 1e-6)
})
