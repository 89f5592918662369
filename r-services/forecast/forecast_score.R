# How far an error lies outside of those before it, on the scale of the standard normal distribution.

# Fewer past errors do not judge: at a threshold of 2.5 a spike of 6 standard deviations is found in 60% of
# cases with 5 of them, in 33% with 3 (a test derives both).
MIN_PAST_ERRORS <- 5L
NODES <- 400L
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
#'   1.24%), or NA with fewer than MIN_PAST_ERRORS past errors. Where no past error differs from 0, the errors
#'   of the other series alone judge.
anomaly_score <- function(error, past, usual = NULL) {
  past <- past[!is.na(past)]
  n <- length(past)
  if (is.na(error) || n < MIN_PAST_ERRORS) return(NA_real_)
  scale <- scale_for_score(past)
  tail <- if (scale <= RESOLUTION && !is.null(usual)) log_tail_usual(abs(error), usual)
          else log_tail(abs(error) / scale, n, weight_of_nodes(scale, n, usual))
  sign(error) * stats::qnorm(tail - log(2), lower.tail = FALSE, log.p = TRUE)
}

# scale / node: the standard deviations that the scale lets expect, equally likely under a flat prior.
weight_of_nodes <- function(scale, n, usual) {
  if (is.null(usual)) rep(0, NODES) else log_density(usual, log(scale / scale_of_normal(n)$node))
}

# log P(|error|) of a normal error whose standard deviation is only known as the usual one.
log_tail_usual <- function(size, usual) {
  deviate <- stats::qnorm((seq_len(NODES) - 0.5) / NODES)
  parts <- Map(function(centre, spread) {
    log_mean(stats::pnorm(-size / exp(centre + spread * deviate), log.p = TRUE))
  }, usual$centre, usual$spread)
  top <- max(unlist(parts))
  top + log(sum(usual$weight * exp(unlist(parts) - top))) + log(2)
}

# A scale below this is that of a series which does not move.
VANISHING <- 1e-9
# The metrics are stored with so many decimals: a series that never moved may have moved by less.
RESOLUTION <- 1e-6

gives_scale <- function(past) length(past) >= MIN_PAST_ERRORS && robust_scale(past) > VANISHING

# Of a series that moved in fewer than half of the weeks the MAD is 0; then the root mean square counts.
scale_for_score <- function(past) {
  scale <- robust_scale(past)
  if (scale <= VANISHING) scale <- sqrt(mean(past^2))
  max(scale, RESOLUTION)
}

#' The score of a week: of its error, but never further out than sampling alone lets a value be.
#'
#' @param error,past,usual See anomaly_score(). @param sampling sampling_score() of the week, or NULL.
#' @param is_n_known Whether it is known what the value rests on. If not, sampling judges only where no past
#'   error differs from 0.
week_score <- function(error, past, usual, sampling, is_n_known = TRUE) {
  score <- anomaly_score(error, past, usual)
  if (is.na(score) || is.null(sampling)) return(score)
  if (!is_n_known && gives_scale(past[!is.na(past)])) return(score)
  sign(error) * min(abs(score), abs(sampling))
}

# The ratio that is exceeded with probability `share` at n past errors.
ratio_exceeded <- function(share, n) {
  stats::uniroot(function(ratio) log_tail(ratio, n) - log(share), c(1e-6, 1e6), tol = 1e-8)$root
}
