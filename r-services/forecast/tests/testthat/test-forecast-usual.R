# What is usual of the series of a metric: against integrals, against what was planted, and in what it is for.

# Past errors of series whose log standard deviations are normal.
pasts_of <- function(n_series, n, centre, spread, seed) {
  set.seed(seed)
  lapply(stats::rnorm(n_series, centre, spread), function(log_sigma) stats::rnorm(n, 0, exp(log_sigma)))
}

test_that("a mixture stands for the distribution by integrals over mean and spread", {
  pasts <- pasts_of(6L, 20L, 1, 0.4, 3)
  seen <- log(vapply(pasts, robust_scale, 1)) - scale_of_normal(20L)$log_mean
  variance <- scale_of_normal(20L)$log_variance
  # independent: the likelihood of mean and spread on a fine grid, the next series' density by summing it up
  grid <- expand.grid(mean = seq(-1, 3, by = 0.02), spread = seq(0.005, 1.995, by = 0.01))
  log_likelihood <- rowSums(vapply(seen, function(one) {
    stats::dnorm(one, grid$mean, sqrt(variance + grid$spread^2), log = TRUE)
  }, double(nrow(grid))))
  weight <- exp(log_likelihood - max(log_likelihood))
  x <- seq(-0.5, 2.5, by = 0.25)
  by_sum <- vapply(x, function(at) sum(weight * stats::dnorm(at, grid$mean, grid$spread)), 1) / sum(weight)
  expect_equal(exp(log_density(usual_scale(pasts), x)), by_sum, tolerance = 0.05)
})

test_that("mean and spread of many series are found, with few and with many errors each", {
  for (n in c(8L, 104L)) {
    usual <- usual_scale(pasts_of(400L, n, -2, 0.3, n))
    centre <- sum(usual$weight * usual$centre)
    expect_equal(centre, -2, tolerance = 0.03)
    expect_equal(sqrt(sum(usual$weight * (usual$spread^2 + (usual$centre - centre)^2))), 0.3, tolerance = 0.2)
  }
})

test_that("a score is the tail probability given its own scale and what is usual, by an integral", {
  usual <- data.frame(weight = c(0.3, 0.7), centre = c(0.1, -0.4), spread = c(0.2, 0.6))
  for (n in c(8L, 30L)) {
    past <- noise(n, n)
    k <- n %/% 2L + 1L
    # density of log sigma given the k-th smallest |error|, but for a constant
    middle <- robust_scale(past) / 1.482602
    density <- function(log_sigma) {
      share <- 2 * stats::pnorm(middle / exp(log_sigma)) - 1
      prior <- 0.3 * stats::dnorm(log_sigma, 0.1, 0.2) + 0.7 * stats::dnorm(log_sigma, -0.4, 0.6)
      stats::dbeta(share, k, n - k + 1L) * stats::dnorm(middle / exp(log_sigma)) / exp(log_sigma) * prior
    }
    over <- function(what) stats::integrate(function(x) what(x) * density(x), -4, 4, rel.tol = 1e-9)$value
    for (error in c(0.5, 3, -5)) {
      share <- over(function(x) 2 * stats::pnorm(-abs(error) / exp(x))) / over(function(x) rep(1, length(x)))
      by_integral <- -sign(error) * stats::qnorm(share / 2)
      expect_equal(anomaly_score(error, past, usual), by_integral, tolerance = 0.01)
    }
  }
})

test_that("2.5 is exceeded in 1.24% whatever the spread, and eight errors find what they alone cannot", {
  shares <- vapply(c(0, 0.2, 0.6), function(spread) {
    set.seed(10 * spread)
    rowMeans(do.call(cbind, lapply(seq_len(draws(75L, 150L)), function(school) {
      sigma <- exp(stats::rnorm(18L, 0, spread))
      pasts <- lapply(sigma, function(one) stats::rnorm(8L, 0, one))
      usual <- usual_scale(pasts) # the costly part: four of the series are judged by it
      vapply(1:4, function(i) {
        error <- stats::rnorm(1L, 0, sigma[i])
        scores <- c(anomaly_score(error, pasts[[i]], usual),
                    anomaly_score(error + 4 * sigma[i], pasts[[i]], usual),
                    anomaly_score(error + 4 * sigma[i], pasts[[i]]))
        abs(scores) >= 2.5
      }, logical(3L))
    })))
  }, double(3L))
  expect_true(all(shares[1L, ] < 0.025 & shares[1L, ] > 0.002), info = paste(shares[1L, ], collapse = " "))
  expect_true(all(shares[2L, ] > shares[3L, ] + 0.07), info = paste(shares[2:3, ], collapse = " "))
  expect_gt(shares[2L, 1L], 0.84) # .88; a known sigma .93, alone .54
})

test_that("a series that is noisier than all others is judged by itself once its errors show it", {
  pasts <- pasts_of(18L, 52L, 0, 0.1, 7)
  pasts[[1L]] <- 10 * pasts[[1L]]
  usual <- usual_scale(pasts)
  expect_lt(abs(anomaly_score(20, pasts[[1L]], usual)), 2.5)
  expect_gt(anomaly_score(50, pasts[[1L]], usual), 2.5)
  expect_gt(anomaly_score(4, pasts[[2L]], usual), 2.5)
})

test_that("two series, too few errors, or errors that do not vary give no usual scale", {
  two <- pasts_of(2L, 20L, 0, 0, 1)
  expect_null(usual_scale(two))
  expect_null(usual_scale(list()))
  expect_null(usual_scale(c(two, list(noise(MIN_PAST_ERRORS - 1L, 1), rep(0, 20L), rep(NA_real_, 20L)))))
  expect_identical(anomaly_score(3, two[[1L]], NULL), anomaly_score(3, two[[1L]]))
})

test_that("series of a metric are judged together as soon as they can be, each by what was known before", {
  make <- function(seed, from, to) {
    list(y = noise(to - from + 1L, seed), weeks = mondays(to)[from:to], metric = "score")
  }
  settings <- list(horizon = 1L, threshold = 2.5, evaluate_weeks = 156L, methods = METHODS[1:3])
  series <- c(lapply(1:8, make, from = 1L, to = 30L), lapply(9:12, make, from = 7L, to = 30L))
  all <- roll_metric(series, settings)
  expect_equal(roll_metric(rev(series), settings), rev(all))
  cut <- lapply(series, function(one) lapply(one, function(part) utils::head(part, length(part) - 10L)))
  before <- roll_metric(lapply(seq_along(series), function(i) replace(cut[[i]], "metric", "score")), settings)
  for (i in seq_along(series)) {
    known <- seq_along(before[[i]]$score)
    expect_equal(all[[i]]$score[known], before[[i]]$score)
    expect_equal(all[[i]]$usual[known], before[[i]]$usual[known])
  }
  odd <- lapply(series, function(one) replace(one, "y", list(replace(one$y, length(one$y), 50))))
  # a week is no judge of itself
  expect_equal(roll_metric(odd, settings)[[1L]]$usual[1:30], all[[1L]]$usual[1:30])
  pair <- roll_metric(series[1:2], settings)
  expect_equal(pair[[1L]], roll_series(series[[1L]], settings)) # two series are judged alone
  expect_false(identical(pair[[1L]]$score, all[[1L]]$score))
})

test_that("of spikes in the twelfth week of ten series most are found together, fewer alone", {
  settings <- list(horizon = 1L, threshold = 2.5, evaluate_weeks = 156L, methods = "naive")
  found <- vapply(seq_len(draws(20L, 40L)), function(seed) {
    series <- lapply(1:10, function(i) list(y = noise(12L, 100 * seed + i), weeks = mondays(12L)))
    series[[1L]]$y[12L] <- series[[1L]]$y[12L] + 4 * sqrt(2) # naive errors of white noise
    c(roll_metric(series, settings)[[1L]]$flagged[12L], roll_series(series[[1L]], settings)$flagged[12L])
  }, c(NA, NA))
  expect_gt(mean(found[1L, ]), 0.75)
  expect_gt(mean(found[1L, ]), mean(found[2L, ]) + 0.05)
})
