test_that("one draw gives the learner's normal posterior, and a learner without scores the population", {
  for (errors in c(TRUE, FALSE)) {
    x <- simulated_scores(errors = errors)
    x$n_learners <- 41L
    found <- learner_posterior(scores_of(x), POINT, 1, at = 7.5, target = 0.6)
    for (learner in c(1L, 17L, 40L)) {
      one <- reference_learner(x, POINT, learner)
      z <- c(1, 7.5)
      mean <- sum(z * one$mean)
      sd <- sqrt(c(z %*% one$cov %*% z))
      expect_equal(unlist(found[learner, ], use.names = FALSE), c(
        stats::pnorm(mean, 0.6, sd), mean, sd, stats::qnorm(c(0.05, 0.95), mean, sd), one$mean[2L],
        sqrt(one$cov[2L, 2L])
      ), tolerance = 1e-7)
    }
    h <- natural(POINT)
    population <- c(sum(c(1, 7.5) * h$mean), sqrt(c(c(1, 7.5) %*% h$cov %*% c(1, 7.5))))
    expect_equal(unlist(found[41L, c("mean", "sd")], use.names = FALSE), population, tolerance = 1e-12)
    expect_gt(found$sd[41L], max(found$sd[1:40]))
  }
})

test_that("many draws are a mixture: probability, moments and quantiles", {
  x <- simulated_scores(5L)
  set.seed(2)
  points <- POINT + matrix(stats::rnorm(6L * 20L, 0, 0.4), 6L)
  weights <- stats::rexp(20L)
  weights <- weights / sum(weights)
  found <- learner_posterior(scores_of(x), points, weights, 6, 0.4, level = 0.8)
  parts <- t(vapply(1:20, function(k) {
    one <- reference_learner(x, points[, k], 3L)
    c(sum(c(1, 6) * one$mean), sqrt(c(c(1, 6) %*% one$cov %*% c(1, 6))))
  }, numeric(2L)))
  below <- function(q) sum(weights * stats::pnorm(q, parts[, 1L], parts[, 2L]))
  expect_equal(found$probability[3L], 1 - below(0.4), tolerance = 1e-10)
  expect_equal(c(below(found$lower[3L]), below(found$upper[3L])), c(0.1, 0.9), tolerance = 1e-9)
  mean <- sum(weights * parts[, 1L])
  expect_equal(found$mean[3L], mean, tolerance = 1e-10)
  expect_equal(found$sd[3L]^2, sum(weights * (parts[, 2L]^2 + (parts[, 1L] - mean)^2)), tolerance = 1e-10)
})

test_that("residuals are those of each score given the others", {
  x <- simulated_scores(30L)
  found <- standardized_residuals(scores_of(x), POINT)
  h <- natural(POINT)
  rows <- which(x$learner == 4L)
  z <- cbind(1, x$week[rows])
  v <- z %*% h$cov %*% t(z) + diag(h$noise + x$se[rows]^2)
  r <- x$score[rows] - z %*% h$mean
  given_others <- vapply(seq_along(rows), function(k) {
    beside <- v[k, -k] %*% solve(v[-k, -k])
    (r[k] - c(beside %*% r[-k])) / sqrt(v[k, k] - c(beside %*% v[-k, k]))
  }, 0)
  expect_equal(found$by_row[rows], given_others, tolerance = 1e-10)
  share <- 1 / (h$noise + x$se[rows]^2)
  share <- share / sum(share)
  expect_equal(found$by_learner[4L], sum(share * r) / sqrt(c(share %*% v %*% share)), tolerance = 1e-10)
})
