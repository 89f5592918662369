# The score on the normal scale, against an integral and against simulation.

# P(|Z| > ratio * 1.4826 * median |Z| of n) by adaptive quadrature over the density of that order statistic.
tail_by_integral <- function(ratio, n) {
  k <- n %/% 2L + 1L
  exceeds <- function(u) 2 * stats::pnorm(-ratio * 1.482602 * stats::qnorm((1 + u) / 2))
  density <- function(u) exceeds(u) * stats::dbeta(u, k, n - k + 1L)
  stats::integrate(density, 0, 1, rel.tol = 1e-10, subdivisions = 1000L)$value
}

test_that("the null distribution of error / MAD is the integral over the MAD's", {
  for (n in c(5L, 8L, 13L, 52L, 104L)) {
    for (ratio in c(0.5, 2.5, 4)) {
      expect_equal(exp(log_tail(ratio, n)), tail_by_integral(ratio, n), tolerance = 0.003)
    }
  }
})

test_that("a normal error exceeds 2.5 in 1.24% at every n, by simulation; unscaled it would not", {
  for (n in c(5L, 8L, 30L)) {
    set.seed(n)
    scores <- replicate(draws(4000L, 8000L), anomaly_score(stats::rnorm(1L), stats::rnorm(n)))
    expect_equal(mean(abs(scores) > 2.5), 2 * stats::pnorm(-2.5), tolerance = 0.3)
  }
  expect_gt(tail_by_integral(2.5, 5L), 0.07)
})

test_that("the least number of past errors is the one from which three in five spikes of 6 sigma are found", {
  power <- function(n, size) {
    ratio <- ratio_exceeded(2 * stats::pnorm(-2.5), n)
    mean(stats::pnorm(ratio * scale_of_normal(n)$node - size, lower.tail = FALSE))
  }
  expect_lt(power(3L, 6), 0.35)
  expect_gt(power(MIN_PAST_ERRORS, 6), 0.6)
  expect_lt(power(53L, 4), 0.9)
  expect_gt(power(104L, 4), 0.9)
})

test_that("the scale is the standard deviation of normal errors, and gross ones do not carry it off", {
  errors <- 2 * noise(4000L, 1)
  expect_equal(robust_scale(errors), stats::sd(errors), tolerance = 0.03)
  expect_lt(robust_scale(replace(errors, 1:1900, 1e6)), max(abs(errors[-(1:1900)])))
})

test_that("the score has the error's sign, grows with it and stays finite", {
  past <- noise(20L, 1)
  errors <- c(0.1, 1, 3, 10, 1e3, 1e8)
  scores <- vapply(errors, anomaly_score, 1, past = past)
  expect_true(all(diff(scores) > 0) && all(is.finite(scores)))
  expect_equal(vapply(-errors, anomaly_score, 1, past = past), -scores)
})

test_that("without enough errors, or without variation, there is no score", {
  expect_identical(anomaly_score(9, noise(MIN_PAST_ERRORS - 1L, 1)), NA_real_)
  expect_identical(anomaly_score(9, c(noise(4L, 1), NA, NA)), NA_real_)
  expect_identical(anomaly_score(9, rep(0, 20L)), NA_real_)
  expect_identical(anomaly_score(NA_real_, noise(20L, 1)), NA_real_)
})
