# Where one t distribution does not fit, more are added: incremental mixture importance sampling (Raftery and
# Bao 2010), here with t components. The logarithm of a spread that is hardly distinguishable from 0 has a
# long tail in which the correlation is free; no single ellipse covers that.

MIXTURE_ROUNDS <- 20L
NEIGHBOURS <- 0.2    # share of the draws that shape a new component
GOOD_ENOUGH <- list(pareto_k = 0.5, ess = 1000)

# As importance_draws(), from a mixture that grows by one component of n / 4 draws per round until the weights
# are good enough; one component often is.
mixture_draws <- function(posterior, centre, covariance, n, progress = function(...) NULL) {
  components <- list(component_at(centre, covariance, n))
  points <- drawn_from(components[[1L]])
  value <- posterior$value(points)
  for (round in seq_len(MIXTURE_ROUNDS)) {
    smoothed <- pareto_smoothed(value - mixture_density(points, components))
    if (is_good_enough(points, smoothed) || is.na(smoothed$k)) break
    progress("adapting", round, MIXTURE_ROUNDS)
    added <- component_near(points, smoothed$weight, covariance, ceiling(n / 4))
    components <- c(components, list(added))
    fresh <- drawn_from(added)
    points <- cbind(points, fresh)
    value <- c(value, posterior$value(fresh))
  }
  smoothed <- pareto_smoothed(value - mixture_density(points, components))
  list(points = points, weight = smoothed$weight, pareto_k = smoothed$k, n_components = length(components))
}

is_good_enough <- function(points, smoothed) {
  smoothed$k < GOOD_ENOUGH$pareto_k && min_ess(points, smoothed$weight) >= GOOD_ENOUGH$ess
}

min_ess <- function(points, weight) {
  min(apply(points, 1L, importance_ess, weight), apply(points, 1L, importance_tail_ess, weight))
}

component_at <- function(centre, covariance, n) {
  list(centre = centre, root = chol(covariance + diag(1e-12 * diag(covariance), nrow(covariance))), n = n)
}

drawn_from <- function(one) {
  z <- matrix(stats::rnorm(one$n * N_HYPER), N_HYPER)
  spread <- sqrt(stats::rchisq(one$n, PROPOSAL_DF) / PROPOSAL_DF)
  one$centre + t(one$root) %*% (z / rep(spread, each = N_HYPER))
}

# Log density of the mixture, up to a constant; components count by their draws.
mixture_density <- function(points, components) {
  total <- sum(vapply(components, function(one) one$n, 0))
  by_component <- vapply(components, function(one) {
    z <- backsolve(one$root, points - one$centre, transpose = TRUE)
    kernel <- (PROPOSAL_DF + N_HYPER) / 2 * log1p(colSums(z^2) / PROPOSAL_DF)
    log(one$n / total) - sum(log(diag(one$root))) - kernel
  }, numeric(ncol(points)))
  by_component <- matrix(by_component, ncol(points))
  largest <- do.call(pmax, as.data.frame(by_component))
  largest + log(rowSums(exp(by_component - largest)))
}

# About the draw of the largest weight, shaped by its neighbours: each counts by the mean of its own weight
# and an equal one, as Raftery and Bao propose.
component_near <- function(points, weight, covariance, n) {
  centre <- points[, which.max(weight)]
  root <- chol(covariance)
  distance <- colSums(backsolve(root, points - centre, transpose = TRUE)^2)
  near <- order(distance)[seq_len(ceiling(NEIGHBOURS * ncol(points)))]
  counts <- weight[near] + 1 / ncol(points)
  off <- points[, near] - centre
  shape <- off %*% (t(off) * (counts / sum(counts)))
  component_at(centre, shape, n)
}
