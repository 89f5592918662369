# Importance sampling with Pareto-smoothed weights (Vehtari, Simpson, Gelman, Yao and Gabry 2022). The shape k
# of the Pareto distribution fitted to the largest weights shows whether the weighted means can be trusted:
# below 0.7 they can.

PROPOSAL_DF <- 5  # heavier tails than the posterior's, so that no weight is much larger than the rest
NO_WEIGHT <- 700  # exp(-700) of the largest weight is the smallest weight that double precision holds

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

# list(weight: adding up to 1, k), by the package loo. k is NA where no weight is finite, and Inf where all
# large weights are the same or there are too few. loo warns of a large k; here a gate judges it.
pareto_smoothed <- function(log_ratio) {
  log_ratio[is.nan(log_ratio)] <- -Inf
  largest <- max(log_ratio)
  if (!is.finite(largest)) return(list(weight = rep(1 / length(log_ratio), length(log_ratio)), k = NA_real_))
  finite <- pmax(log_ratio, largest - NO_WEIGHT) # loo takes no infinite ratio
  smoothed <- suppressWarnings(loo::psis(finite, r_eff = 1, cores = 1L))
  list(weight = exp(c(stats::weights(smoothed, log = TRUE))), k = smoothed$diagnostics$pareto_k)
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
