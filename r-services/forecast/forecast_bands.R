# Intervals from the errors that forecasts really made, the same way for every method, and the measures of
# both.

# Errors older than a year say little of how far today's forecast may be off.
BAND_WEEKS <- 52L

# Half-widths [week, horizon] of the intervals of forecasts that `method` made (one name per row of run's
# paths): from its own errors, so many weeks ahead, that were known when the forecast was made. Wider or equal
# with each week ahead.
half_widths <- function(run, method, level) {
  horizon <- run$settings$horizon
  error <- lapply(seq_len(horizon), function(ahead) {
    errors_ahead(run, matrix(run$paths[, ahead, ], nrow(run$served), dimnames = list(NULL, METHODS)), ahead)
  })
  width <- matrix(NA_real_, nrow(run$served), horizon)
  for (week in run$first:nrow(width)) {
    for (ahead in seq_len(horizon)) {
      known <- max(1L, week - ahead - BAND_WEEKS):max(1L, week - ahead)
      width[week, ahead] <- half_width(error[[ahead]][known, method[week]], level)
    }
  }
  if (horizon > 1L) t(apply(width, 1L, widening)) else width
}

widening <- function(width) {
  known <- !is.na(width)
  width[known] <- cummax(width[known])
  width
}

# The k-th smallest of n absolute errors with k = ceiling((n + 1) level) holds the next one with probability
# `level` at least, whatever the distribution, if errors are exchangeable (split conformal: Vovk, Gammerman
# and Shafer 2005). With too few errors for that, by the normal distribution and the robust scale; NA with
# fewer than MIN_PAST_ERRORS.
half_width <- function(errors, level) {
  size <- sort(abs(errors[!is.na(errors)]))
  n <- length(size)
  k <- ceiling((n + 1L) * level)
  if (n < MIN_PAST_ERRORS) NA_real_
  else if (k <= n) size[k]
  else robust_scale(size) * few_errors_ratio(n, level)
}

few_errors_ratio <- local({
  known <- list()
  function(n, level) {
    key <- paste(n, level)
    if (is.null(known[[key]])) known[[key]] <<- ratio_exceeded(1 - level, n)
    known[[key]]
  }
})

# Share of forecasts so many weeks ahead whose interval held what came, with their number.
coverage_ahead <- function(run, width, ahead) {
  inside <- abs(errors_ahead(run, run$served[, ahead], ahead)) <= width[, ahead]
  inside <- inside[!is.na(inside)]
  data.frame(weeks_ahead = ahead, n = length(inside), held = sum(inside))
}

# Mean pinball loss one week ahead of the interval's bounds and the median (Gneiting and Raftery 2007), over
# the weeks in `both`, on the scale of the forecast.
pinball_loss <- function(run, forecast, width, level, both) {
  actual <- run$y[both]
  tail <- (1 - level) / 2
  loss <- function(quantile, share) mean(pmax(share * (actual - quantile), (share - 1) * (actual - quantile)))
  at <- forecast[both, 1L]
  mean(c(loss(at - width[both, 1L], tail), loss(at, 0.5), loss(at + width[both, 1L], 1 - tail)))
}
