# How far an error lies outside of those before it, on the scale of the standard normal distribution.

# Fewer past errors do not judge: at a threshold of 2.5 a spike of 6 standard deviations is found in 60% of
# cases with 5 of them, in 33% with 3 (a test derives both).
MIN_PAST_ERRORS <- 5L
NODES <- 1000L
# The factor that makes a MAD the standard deviation of normal errors.
TO_SIGMA <- 1 / stats::qnorm(0.75)

# Scale of past errors: MAD about 0, where forecasts aim. Of an even number the upper of the two middle ones,
# an order statistic, whose distribution is known exactly.
robust_scale <- function(errors) stats::mad(errors, center = 0, constant = TO_SIGMA, high = TRUE)

# list(node, log_mean, log_variance): quantiles of robust_scale over n normal errors of standard deviation 1
# at the midpoints of NODES equal probabilities, and the moments of its logarithm. The k-th of n values of |Z|
# with k = floor(n / 2) + 1, whose distribution function at the value is Beta(k, n - k + 1).
scale_of_normal <- local({
  known <- list()
  function(n) {
    key <- as.character(n)
    if (is.null(known[[key]])) {
      k <- n %/% 2L + 1L
      share <- stats::qbeta((seq_len(NODES) - 0.5) / NODES, k, n - k + 1L)
      node <- TO_SIGMA * stats::qnorm((1 + share) / 2)
      known[[key]] <<- list(node = node, log_mean = mean(log(node)), log_variance = stats::var(log(node)))
    }
    known[[key]]
  }
})

# log P(|error| / robust_scale > ratio) for independent normal errors of equal variance, n of them past. A MAD
# of few errors is itself uncertain, so the ratio has heavier tails than the normal distribution: P(> 2.5) is
# 0.074 at n = 5, 0.028 at n = 12 and 0.0124 only in the limit. log_weight: of each node, where something is
# known of the standard deviation.
log_tail <- function(ratio, n, log_weight = rep(0, NODES)) {
  log_mean(stats::pnorm(-ratio * scale_of_normal(n)$node, log.p = TRUE) + log_weight) + log(2) -
    log_mean(log_weight)
}

log_mean <- function(logs) {
  top <- max(logs)
  top + log(mean(exp(logs - top)))
}

#' The score of an error: the normal deviate that is exceeded as seldom as the error's ratio to the robust
#' scale.
#'
#' @param error One error, on the scale on which the metric is forecast.
#' @param past Errors before it.
#' @param usual What the standard deviations of such errors usually are, see usual_scale(), or NULL.
#' @return A number with the error's sign, so that a threshold means the same at every n (2.5: two-sided
#'   1.24%), or NA with fewer than MIN_PAST_ERRORS past errors, or where these do not vary.
anomaly_score <- function(error, past, usual = NULL) {
  past <- past[!is.na(past)]
  if (is.na(error) || !gives_scale(past)) return(NA_real_)
  n <- length(past)
  scale <- robust_scale(past)
  # scale / node: the standard deviations that the scale lets expect, equally likely under a flat prior
  log_sigma <- log(scale / scale_of_normal(n)$node)
  log_weight <- if (is.null(usual)) rep(0, NODES) else log_density(usual, log_sigma)
  sign(error) * stats::qnorm(log_tail(abs(error) / scale, n, log_weight) - log(2), lower.tail = FALSE,
                             log.p = TRUE)
}

# A scale below this is that of a series which does not move.
VANISHING <- 1e-9

gives_scale <- function(past) length(past) >= MIN_PAST_ERRORS && robust_scale(past) > VANISHING

# The ratio that is exceeded with probability `share` at n past errors.
ratio_exceeded <- function(share, n) {
  stats::uniroot(function(ratio) log_tail(ratio, n) - log(share), c(1e-6, 1e6), tol = 1e-8)$root
}
