# The posterior of the six hyperparameters on scales without bounds: b_Intercept, b_week, log sds, atanh of
# the correlation, log sigma. Learners' coefficients are integrated out by growthcurve; priors and Jacobians
# are added here.

THREADS <- 2L
LOG_ROWS <- c(sd_Intercept = 3L, sd_week = 4L, sigma = 6L)
N_HYPER <- 6L

# Log prior and Jacobians at each column of `points`. The density of a correlation r under LKJ(eta) is
# proportional to (1 - r^2)^(eta - 1) (Lewandowski, Kurowicka and Joe 2009); with r = tanh z and its Jacobian,
# sech(z)^(2 eta).
log_prior <- function(points, priors) {
  z <- abs(points[5L, ])
  log_cosh <- z + log1p(exp(-2 * z)) - log(2)
  value <- prior_log_density(priors$Intercept, points[1L, ]) + prior_log_density(priors$week, points[2L, ]) -
    2 * priors$cor$numbers * log_cosh
  for (name in names(LOG_ROWS)) {
    log_sd <- points[LOG_ROWS[[name]], ]
    value <- value + prior_log_density(priors[[name]], exp(log_sd)) + log_sd
  }
  value
}

log_prior_slope <- function(points, priors) {
  slope <- points
  slope[1L, ] <- prior_slope(priors$Intercept, points[1L, ])
  slope[2L, ] <- prior_slope(priors$week, points[2L, ])
  slope[5L, ] <- -2 * priors$cor$numbers * tanh(points[5L, ])
  for (name in names(LOG_ROWS)) {
    sd <- exp(points[LOG_ROWS[[name]], ])
    slope[LOG_ROWS[[name]], ] <- sd * prior_slope(priors[[name]], sd) + 1
  }
  slope
}

# list(value(points), slope(points)): log posterior up to a constant and its gradient, one column per point.
marginal_posterior <- function(scores, priors) {
  list(
    value = function(points) {
      growthcurve::marginal_loglik(scores, points, THREADS) + log_prior(points, priors)
    },
    slope = function(points) {
      growthcurve::marginal_gradient(scores, points, THREADS) + log_prior_slope(points, priors)
    }
  )
}

# list(mode, covariance, is_maximum): the largest of what BFGS finds from several starts, and the inverse of
# the curvature there. Raises NOT_ESTIMABLE where no start leads to a finite density.
posterior_mode <- function(posterior, starts, scale) {
  found <- lapply(starts, climbed, posterior = posterior, scale = scale)
  found <- Filter(function(one) is.finite(one$value), found)
  if (length(found) == 0L) {
    fitservice::stop_service("NOT_ESTIMABLE", "The posterior has no mode that can be reached from any start.",
                             list(n_starts = length(starts)))
  }
  best <- found[[which.max(vapply(found, function(one) one$value, 0))]]
  curvature <- curvature_at(posterior, best$point, scale)
  polished(posterior, best$point, curvature, scale)
}

climbed <- function(start, posterior, scale) {
  as_column <- function(x) matrix(x, N_HYPER)
  lowest <- -.Machine$double.xmax / 1e10
  value <- function(x) max(posterior$value(as_column(x)), lowest)
  if (value(start) == lowest) return(list(value = -Inf))
  slope <- function(x) c(posterior$slope(as_column(x)))
  climb <- stats::optim(start, value, slope, method = "BFGS",
                        control = list(fnscale = -1, parscale = scale, maxit = 500L, reltol = 1e-12))
  list(point = climb$par, value = climb$value)
}

# Minus the second derivatives, from differences of the gradient, all steps in one call.
curvature_at <- function(posterior, point, scale) {
  step <- 1e-4 * scale
  slopes <- posterior$slope(cbind(point + diag(step), point - diag(step)))
  change <- slopes[, seq_len(N_HYPER)] - slopes[, N_HYPER + seq_len(N_HYPER)]
  by_step <- change / rep(2 * step, each = N_HYPER)
  -(by_step + t(by_step)) / 2
}

# A few of Newton's steps. Where the posterior is not curved downwards (a spread that the data cannot separate
# from 0), the flat directions get the variance of the steepest prior allowed to say anything: 1.
polished <- function(posterior, point, curvature, scale) {
  for (step in 1:5) {
    inverse <- positive_inverse(curvature, scale)
    move <- c(inverse$matrix %*% posterior$slope(matrix(point, N_HYPER)))
    better <- posterior$value(cbind(point, point + move))
    if (!inverse$is_maximum || !isTRUE(better[2L] > better[1L])) break
    point <- point + move
    curvature <- curvature_at(posterior, point, scale)
  }
  inverse <- positive_inverse(curvature, scale)
  list(mode = point, covariance = inverse$matrix, is_maximum = inverse$is_maximum)
}

positive_inverse <- function(curvature, scale) {
  in_scale <- curvature * outer(scale, scale)
  parts <- eigen(in_scale, symmetric = TRUE)
  is_maximum <- min(parts$values) > 1e-8 * max(parts$values)
  values <- pmax(parts$values, if (is_maximum) 0 else 1)
  matrix <- parts$vectors %*% (t(parts$vectors) / values)
  list(matrix = matrix * outer(scale, scale), is_maximum = is_maximum)
}

# Starts from the learners' own least-squares lines: their spread, and a tenth of it for the slopes; and the
# typical size of each hyperparameter's steps. rows: see keyed_scores(), with x, the centred weeks.
posterior_starts <- function(rows) {
  lines <- own_lines(rows)
  slopes <- lines$slope[!is.na(lines$slope)]
  n_lost <- length(lines$level) + length(slopes)
  variance <- sum(lines$rest^2) / max(1, length(lines$rest) - n_lost)
  error <- if (is.null(rows$se)) 0 else stats::median(rows$se)^2
  sigma <- sqrt(max(variance - error, variance / 10, 1e-12))
  sd_level <- max(stats::sd(lines$level), 1e-6)
  sd_slope <- max(stats::mad(slopes), 1e-6)
  start <- function(sd_slope) {
    c(mean(rows$score), stats::median(slopes), log(c(sd_level, sd_slope)), 0, log(sigma))
  }
  spread <- max(stats::sd(rows$score), 1e-6)
  list(starts = list(start(sd_slope), start(sd_slope / 10)),
       scale = c(spread, spread / max(stats::sd(rows$x), 1), 1, 1, 1, 1))
}
