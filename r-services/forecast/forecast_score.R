# How far an error lies outside of those before it, on the scale of the standard normal distribution.

# Fewer past errors do not judge: at a threshold of 2.5 a spike of 6 standard deviations is found in 81% of
# cases with 5 of them, in 66% with 3 (the tests derive it anew).
MIN_PAST_ERRORS <- 5L
NODES <- 2000L
# The share of normal errors within one standard deviation.
WITHIN_SIGMA <- 2 * stats::pnorm(1) - 1

# Scale of past errors: what 68.3% of them do not exceed, about 0, where forecasts aim: the standard
# deviation, where errors are normal. It stands up to a third of gross errors and finds as much with 53 errors
# as a MAD, which stands up to a half, with 78 (docs/adr/0012). An order statistic, whose distribution is
# known exactly.
robust_scale <- function(errors) sort(abs(errors))[scale_place(length(errors))]

scale_place <- function(n) floor(n * WITHIN_SIGMA) + 1L

# Quantiles of robust_scale over n normal errors at the midpoints of NODES equal probabilities: the k-th of n
# values of |Z|, whose distribution function at the value is Beta(k, n - k + 1).
scales_of_errors <- local({
  known <- list()
  function(n) {
    key <- as.character(n)
    if (is.null(known[[key]])) {
      k <- scale_place(n)
      share <- stats::qbeta((seq_len(NODES) - 0.5) / NODES, k, n - k + 1L)
      known[[key]] <<- stats::qnorm((1 + share) / 2)
    }
    known[[key]]
  }
})

# log P(|error| / robust_scale > ratio) for independent normal errors of equal variance, n of them past. A
# scale of few errors is itself uncertain, so the ratio has heavier tails than the normal distribution.
log_tail <- function(ratio, n) {
  logs <- log(2) + stats::pnorm(-ratio * scales_of_errors(n), log.p = TRUE)
  top <- max(logs)
  top + log(mean(exp(logs - top)))
}

#' The score of an error: the normal deviate that is exceeded as seldom as the error's ratio to the robust
#' scale.
#'
#' @param error One error, on the scale on which the metric is forecast.
#' @param past Errors before it.
#' @return A number with the error's sign, so that a threshold means the same at every n (2.5: two-sided
#'   1.24%), or NA with fewer than MIN_PAST_ERRORS past errors, or where these do not vary.
anomaly_score <- function(error, past) {
  past <- past[!is.na(past)]
  if (is.na(error) || length(past) < MIN_PAST_ERRORS) return(NA_real_)
  scale <- robust_scale(past)
  if (scale <= VANISHING) return(NA_real_)
  sign(error) * stats::qnorm(log_tail(abs(error) / scale, length(past)) - log(2), lower.tail = FALSE,
                             log.p = TRUE)
}

# A scale below this is that of a series which does not move.
VANISHING <- 1e-9

# The ratio that is exceeded with probability `share` at n past errors.
ratio_exceeded <- function(share, n) {
  stats::uniroot(function(ratio) log_tail(ratio, n) - log(share), c(1e-6, 1e6), tol = 1e-8)$root
}
