# Importance sampling with Pareto-smoothed weights (Vehtari, Simpson, Gelman, Yao and Gabry 2022). The shape k
# of the Pareto distribution fitted to the largest weights says whether their sum can be trusted: below 0.7 it
# can.

PROPOSAL_DF <- 5  # heavier tails than the posterior's, so that no weight is much larger than the rest

# list(points, log_weight, pareto_k): draws from a multivariate t about `centre`, one column each. R's random
# numbers.
importance_draws <- function(posterior, centre, covariance, n) {
  root <- chol(covariance + diag(1e-12 * diag(covariance), nrow(covariance)))
  spread <- sqrt(stats::rchisq(n, PROPOSAL_DF) / PROPOSAL_DF)
  z <- matrix(stats::rnorm(n * N_HYPER), N_HYPER) / rep(spread, each = N_HYPER)
  points <- centre + t(root) %*% z
  log_proposal <- -(PROPOSAL_DF + N_HYPER) / 2 * log1p(colSums(z^2) / PROPOSAL_DF)
  smoothed <- pareto_smoothed(posterior$value(points) - log_proposal)
  list(points = points, weight = smoothed$weight, pareto_k = smoothed$k)
}

# list(weight: adding up to 1, k). The largest weights are replaced by the expected order statistics of the
# generalized Pareto distribution fitted to them, none above the largest raw weight. k is NA where no weight
# is finite.
pareto_smoothed <- function(log_ratio) {
  log_ratio[is.nan(log_ratio)] <- -Inf
  largest <- max(log_ratio)
  if (!is.finite(largest)) return(list(weight = rep(1 / length(log_ratio), length(log_ratio)), k = NA_real_))
  weight <- exp(log_ratio - largest)
  n <- length(weight)
  n_tail <- as.integer(min(ceiling(0.2 * n), ceiling(3 * sqrt(n))))
  by_size <- order(weight)
  tail <- by_size[seq(n - n_tail + 1L, n)]
  cutoff <- max(weight[by_size[n - n_tail]], .Machine$double.xmin)
  k <- Inf
  if (n_tail >= 5L && max(weight[tail]) > cutoff * (1 + 1e-8)) {
    fit <- fitted_pareto(sort(weight[tail] - cutoff))
    k <- fit$k
    smooth <- cutoff + pareto_quantile((seq_len(n_tail) - 0.5) / n_tail, fit$k, fit$sigma)
    weight[tail] <- pmin(smooth, 1)
  } else if (n_tail >= 5L) {
    k <- -Inf # all weights in the tail are the same
  }
  list(weight = weight / sum(weight), k = k)
}

# Shape and scale by Zhang and Stephens (2009): a posterior mean on a grid of a profile likelihood; then k is
# drawn to 0.5 with the weight of ten observations, which steadies it where the tail is short. x: ascending,
# from 0.
fitted_pareto <- function(x) {
  n <- length(x)
  n_grid <- 30L + floor(sqrt(n))
  quartile <- x[floor(n / 4 + 0.5)]
  theta <- 1 / x[n] + (1 - sqrt(n_grid / (seq_len(n_grid) - 0.5))) / (3 * quartile)
  k <- vapply(theta, function(t) mean(log1p(-t * x)), 0)
  profile <- n * (log(-theta / k) - k - 1)
  posterior <- 1 / vapply(profile, function(one) sum(exp(profile - one)), 0)
  best <- sum(theta * posterior)
  shape <- mean(log1p(-best * x))
  list(k = (shape * n + 5) / (n + 10), sigma = -shape / best)
}

pareto_quantile <- function(p, k, sigma) {
  if (abs(k) < 1e-12) return(-sigma * log1p(-p))
  sigma * expm1(-k * log1p(-p)) / k
}

# Effective draws behind the mean of x: its variance over the variance of the weighted mean; but no more than
# the weights themselves allow, since a mean that hangs on one draw looks sure of itself.
importance_ess <- function(x, weight) {
  off <- (x - sum(weight * x))^2
  variance <- sum(weight * off)
  of_weights <- 1 / sum(weight^2)
  if (variance <= 0) return(of_weights)
  min(of_weights, variance / sum(weight^2 * off))
}

# The same behind the shares beyond the 5% and 95% quantiles; the smaller.
importance_tail_ess <- function(x, weight) {
  min(vapply(weighted_quantile(x, weight, c(0.05, 0.95)),
             function(q) importance_ess(as.double(x <= q), weight), 0))
}

# Points where the weights up to there reach `shares`, between draws by a straight line.
weighted_quantile <- function(x, weight, shares) {
  by_size <- order(x)
  up_to <- cumsum(weight[by_size]) - weight[by_size] / 2
  stats::approx(up_to, x[by_size], shares, rule = 2, ties = "ordered")$y
}

# Numbers of `n` draws that stand for the weighted ones with equal weight (systematic resampling).
equal_draws <- function(weight, n) {
  findInterval((seq_len(n) - 0.5) / n, c(0, cumsum(weight) / sum(weight)), rightmost.closed = TRUE)
}
