# Intervals from the errors that forecasts really made, the same way for every method, and the measures of
# both.

# Errors older than a year say little of how far today's forecast may be off.
BAND_WEEKS <- 52L

# Half-widths [week, horizon] of the intervals of forecasts that `method` made (one name per row of run's
# paths): from its own errors, so many weeks ahead, that were known when the forecast was made. Wider or equal
# with each week ahead. Where none of them differs from 0, sampling gives the width. NA in other weeks than
# `weeks`.
half_widths <- function(run, method, level, weeks = run$first:nrow(run$served),
                        horizon = run$settings$horizon) {
  width <- matrix(NA_real_, nrow(run$served), horizon)
  for (ahead in seq_len(horizon)) {
    path <- matrix(run$paths[, ahead, ], nrow(run$served), dimnames = list(NULL, METHODS))
    size <- abs(expected_errors(run, path, ahead))
    for (week in weeks) {
      known <- max(1L, week - ahead - BAND_WEEKS):max(1L, week - ahead)
      own <- half_width(size[known, method[week]], level)
      is_still <- !is.na(own) && own <= VANISHING
      width[week, ahead] <-
        if (is_still) sampling_width(run$kind, path[week, method[week]], run$n_expected[week], level) else own
    }
  }
  if (horizon > 1L) t(apply(width, 1L, widening)) else width
}

# Errors as errors_ahead() has them, of the values as they are on the scale at the n that was expected of
# their weeks: an interval holds a value in its unit where its half-width exceeds this error, whatever the n
# that came.
expected_errors <- function(run, path, ahead) {
  actual <- run$value[seq_along(run$n_expected) + ahead - 1L]
  to_scale(run$kind, actual, run$n_expected) - path
}

widening <- function(width) {
  known <- !is.na(width)
  width[known] <- cummax(width[known])
  width
}

# The k-th smallest of n absolute errors holds the next one with probability k / (n + 1) at least, whatever
# the distribution, if errors are exchangeable (split conformal: Vovk, Gammerman and Shafer 2005). Errors of
# small counts and shares are often equal, and hold more: of the sizes that occurred, the one whose share is
# nearest to `level` counts. With too few errors for that, by the normal distribution and the robust scale; NA
# with fewer than MIN_PAST_ERRORS.
half_width <- function(errors, level) {
  size <- sort.int(abs(errors[!is.na(errors)]), method = "quick")
  n <- length(size)
  if (n < MIN_PAST_ERRORS) return(NA_real_)
  if (ceiling((n + 1L) * level) > n) return(robust_scale(size) * few_errors_ratio(n, level))
  held <- which(c(diff(size) > VANISHING, TRUE)) # the last of each stretch of equal ones
  held <- held[held / (n + 1L) >= level - COVERAGE_BAND]
  size[held[which.min(abs(held / (n + 1L) - level) - VANISHING * held)]]
}

few_errors_ratio <- local({
  known <- list()
  function(n, level) {
    key <- paste(n, level)
    if (is.null(known[[key]])) known[[key]] <<- ratio_exceeded(1 - level, n)
    known[[key]]
  }
})

# The forecast and its interval in the metric's unit, as served: list(yhat, lower, upper), matrices [week,
# horizon] as `path` and `width`, which are on the scale. A week is expected to rest on the usual n of the
# weeks before its forecast. Bounds of counts, and of shares that rested on the same n in those weeks, are
# possible values; all hold the forecast.
in_unit <- function(run, path, width) {
  natural <- function(x) from_scale(run$kind, x, run$n_expected)
  yhat <- natural(path)
  possible <- possible_bounds(run$kind, natural(path - width), natural(path + width), run$n_steady)
  as_path <- function(x) array(x, dim(path))
  list(yhat = as_path(yhat), lower = as_path(pmin(possible$lower, yhat)),
       upper = as_path(pmax(possible$upper, yhat)))
}

# Share of forecasts so many weeks ahead whose interval held what came, with their number; served: in_unit().
coverage_ahead <- function(run, served, ahead) {
  actual <- run$value[seq_len(length(run$y) + 1L) + ahead - 1L]
  inside <- served$lower[, ahead] - VANISHING <= actual & actual <= served$upper[, ahead] + VANISHING
  inside <- inside[!is.na(inside)]
  data.frame(weeks_ahead = ahead, n = length(inside), held = sum(inside))
}

# Mean pinball loss one week ahead of the interval's bounds and the median (Gneiting and Raftery 2007), over
# the weeks in `both`, in the metric's unit.
pinball_loss <- function(run, served, level, both) {
  actual <- run$value[both]
  tail <- (1 - level) / 2
  loss <- function(quantile, share) {
    off <- actual - quantile[both, 1L]
    mean(pmax(share * off, (share - 1) * off))
  }
  mean(c(loss(served$lower, tail), loss(served$yhat, 0.5), loss(served$upper, 1 - tail)))
}
