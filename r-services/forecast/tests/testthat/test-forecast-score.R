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

test_that("without enough errors there is no score", {
  expect_identical(anomaly_score(9, noise(MIN_PAST_ERRORS - 1L, 1)), NA_real_)
  expect_identical(anomaly_score(9, c(noise(4L, 1), NA, NA)), NA_real_)
  expect_identical(anomaly_score(NA_real_, noise(20L, 1)), NA_real_)
})

test_that("the score that sampling allows is the mid-p of the exact distribution", {
  p_of <- function(score) stats::pnorm(-abs(score))
  expect_equal(p_of(sampling_score("count", log(10.5), 20, NA)),
               1 - stats::ppois(19, 10.5) - stats::dpois(20, 10.5) / 2)
  expect_equal(p_of(sampling_score("share", stats::qlogis(0.8), 0.4, 10)),
               stats::pbinom(3, 10, 0.8) + stats::dbinom(4, 10, 0.8) / 2)
  expect_lt(sampling_score("count", log(25.5), 3, NA), -5)
  expect_gt(sampling_score("count", log(0.5), 1e6, NA), 100) # finite
  expect_equal(sampling_score("share", stats::qlogis(0.5), 0.5, 10), 0)
  expect_null(sampling_score("bounded", 0, 0.5, 10))
})

test_that("no score lies further out than sampling, and its sign is the error's", {
  past <- noise(30L, 1) / 1000
  expect_equal(week_score(-0.1, past, NULL, -1.2), -1.2)
  expect_equal(week_score(-0.001, past, NULL, -90), anomaly_score(-0.001, past))
  expect_gt(week_score(0.1, past, NULL, 1.2, is_n_known = FALSE), 10) # of how many answers is not known
  expect_identical(week_score(0.1, past[1:4], NULL, 1.2), NA_real_)
})

test_that("errors that are mostly 0 judge by their mean square, if all are 0 the other series judge", {
  expect_equal(anomaly_score(3, rep(c(0, 1), c(15L, 5L))), anomaly_score(3, rep(0.5 / TO_SIGMA, 20L)))
  usual <- data.frame(weight = 1, centre = log(2), spread = 1e-6)
  expect_equal(anomaly_score(5, rep(0, 20L), usual), 2.5, tolerance = 1e-4)
  expect_gt(anomaly_score(0.01, rep(0, 20L)), 100)
  expect_equal(anomaly_score(0, rep(0, 20L)), 0)
})
