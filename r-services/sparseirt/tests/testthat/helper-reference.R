# Plain R references, one learner at a time, with nothing in common with the C++.

# EAP and posterior sd on 401 nodes around the peak, at most a fifth of the posterior's sd apart: of a curve
# so smooth their sum is the integral to nine digits.
reference_eap <- function(a, b, c, right, mean = 0, sd = 1) {
  log_posterior <- function(theta) {
    pattern_loglik(theta, a, b, c, right) + stats::dnorm(theta, mean, sd, log = TRUE)
  }
  coarse <- seq(-12, 12, 0.25)
  peak <- coarse[which.max(log_posterior(coarse))]
  theta <- peak + seq(-1, 1, length.out = 401L) * min(8, 60 / sqrt(length(a)))
  value <- log_posterior(theta)
  w <- exp(value - max(value))
  eap <- sum(w * theta) / sum(w)
  c(eap = eap, se = sqrt(sum(w * (theta - eap)^2) / sum(w)))
}

pattern_loglik <- function(theta, a, b, c, right) {
  rowSums(vapply(seq_along(a), function(k) {
    p <- c[k] + (1 - c[k]) * stats::plogis(a[k] * (theta - b[k]))
    if (right[k] == 1) log(p) else log1p(-c[k]) + stats::plogis(-a[k] * (theta - b[k]), log.p = TRUE)
  }, theta))
}

# Warm (1989): the root of l' + J / 2I with numerical derivatives of P, at the largest weighted likelihood.
reference_wle <- function(a, b, c, right) {
  p_of <- function(theta) c + (1 - c) * stats::plogis(a * (theta - b))
  slope <- function(theta) {
    h <- 1e-4
    p <- p_of(theta)
    p1 <- (p_of(theta + h) - p_of(theta - h)) / (2 * h)
    p2 <- (p_of(theta + h) - 2 * p + p_of(theta - h)) / h^2
    information <- sum(p1^2 / (p * (1 - p)))
    sum((right - p) * p1 / (p * (1 - p))) + sum(p1 * p2 / (p * (1 - p))) / (2 * information)
  }
  grid <- seq(-8, 8, 0.05)
  slopes <- vapply(grid, slope, 0)
  weighted <- cumsum(slopes) - slopes / 2 - slopes[1L] / 2
  best <- which.max(weighted)
  if (best == 1L || best == length(grid)) return(grid[best])
  stats::uniroot(slope, grid[best + c(-1L, 1L)], tol = 1e-9)$root
}

# P(right), thetas in rows, from slopes and intercepts.
item_curve <- function(theta, a, d, c) {
  t(c + (1 - c) * stats::plogis(outer(a, theta) + d))
}
