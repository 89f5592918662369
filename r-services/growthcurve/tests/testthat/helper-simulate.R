# Scores made with known hyperparameters, and plain R references with nothing in common with the C++.

library(growthcurve)

# Returns list(learner, week, score, se, a, b); some weeks are missing.
simulated_scores <- function(n_learners = 40L, n_weeks = 8L, errors = TRUE, seed = 1L, keep = 0.8) {
  set.seed(seed)
  sd <- c(0.8, 0.06)
  z <- matrix(stats::rnorm(2L * n_learners), ncol = 2L) %*% chol(matrix(c(1, 0.3, 0.3, 1), 2L))
  a <- 0.2 + sd[1L] * z[, 1L]
  b <- 0.05 + sd[2L] * z[, 2L]
  rows <- expand.grid(week = seq_len(n_weeks) - (n_weeks + 1) / 2, learner = seq_len(n_learners))
  rows <- rows[stats::runif(nrow(rows)) < keep, ]
  se <- if (errors) stats::runif(nrow(rows), 0.2, 0.6)
  noise <- sqrt(0.3^2 + if (errors) se^2 else 0)
  score <- a[rows$learner] + b[rows$learner] * rows$week + noise * stats::rnorm(nrow(rows))
  list(learner = rows$learner, week = rows$week, score = score, se = se, a = a, b = b,
       n_learners = n_learners)
}

scores_of <- function(x) growth_scores(x$learner, x$week, x$score, x$se, x$n_learners)

POINT <- c(0.1, 0.04, log(0.7), log(0.08), 0.4, log(0.35))

natural <- function(point) {
  sd <- exp(point[3:4])
  cov <- tanh(point[5L]) * sd[1L] * sd[2L]
  list(mean = point[1:2], cov = matrix(c(sd[1L]^2, cov, cov, sd[2L]^2), 2L), noise = exp(2 * point[6L]))
}

# One learner's scores as a multivariate normal, the matrix written out.
reference_loglik <- function(x, point) {
  h <- natural(point)
  sum(vapply(split(seq_along(x$score), x$learner), function(rows) {
    z <- cbind(1, x$week[rows])
    v <- z %*% h$cov %*% t(z) + diag(h$noise + (if (is.null(x$se)) 0 else x$se[rows]^2), length(rows))
    r <- x$score[rows] - z %*% h$mean
    -0.5 * (length(rows) * log(2 * pi) + c(determinant(v)$modulus) + sum(r * solve(v, r)))
  }, 0))
}

# Mean and covariance of one learner's intercept and slope.
reference_learner <- function(x, point, learner) {
  h <- natural(point)
  rows <- which(x$learner == learner)
  z <- cbind(1, x$week[rows])
  w <- 1 / (h$noise + (if (is.null(x$se)) 0 else x$se[rows]^2))
  precision <- solve(h$cov) + crossprod(z, w * z)
  cov <- solve(precision)
  list(mean = c(cov %*% (solve(h$cov, h$mean) + crossprod(z, w * x$score[rows]))), cov = cov)
}
