# Change points with their date and size: level shifts that the rolling rule found, and changes of trend that
# Prophet dates and a regression confirms.

# The regression looks at half a year on each side and wants two months at least.
TREND_WEEKS <- 26L
TREND_MIN_WEEKS <- 8L
# Prophet offers 25 dates; standard errors away from 0 that a change must be.
TREND_Z <- 3

#' Change points of a series.
#'
#' @param series,run See weekly_series() and roll_series(). @param model prophet_model() of run$train, or
#'   NULL.
#' @return data.frame(ds, kind, delta, lower, upper, unit, seen_on): `level` or `trend`; delta with its 95%
#'   interval in `unit`: `ratio` (-0.3 is 30% less), `difference` (in the metric's unit), for a trend per
#'   week; seen_on is the first day on which it could be known.
change_points <- function(series, run, model) {
  found <- rbind(level_changes(series, run), trend_changes(series, run, model))
  found[order(found$ds, found$kind, method = "radix"), ]
}

no_changes <- function() {
  data.frame(ds = as.Date(character()), kind = character(), delta = double(), lower = double(),
             upper = double(),
             unit = character(), seen_on = as.Date(character()))
}

level_changes <- function(series, run) {
  shifts <- run$shifts
  if (nrow(shifts) == 0L) return(no_changes())
  before <- run$served[cbind(shifts$week, 1L)]
  n <- run$n_expected[shifts$week]
  size <- function(delta) {
    moved <- from_scale(series$kind, before + delta, n)
    level <- from_scale(series$kind, before, n)
    if (series$kind == "count") exp(delta) - 1 else moved - level
  }
  data.frame(
    ds = run$weeks[shifts$week], kind = "level", delta = size(shifts$delta),
    lower = size(shifts$delta - 1.96 * shifts$se), upper = size(shifts$delta + 1.96 * shifts$se),
    unit = change_unit(series$kind), seen_on = run$weeks[shifts$seen] + 7L
  )
}

change_unit <- function(kind, each = "") paste0(if (kind == "count") "ratio" else "difference", each)

trend_changes <- function(series, run, model) {
  if (is.null(model)) return(no_changes())
  level <- run$train - yearly_season(run$weeks, model$beta)
  found <- lapply(dates_of_change(model), function(date) bend_at(series, run$weeks, level, date))
  do.call(rbind, c(list(no_changes()), found))
}

# Prophet spreads a change over neighbouring dates; of each stretch of one sign the date with the largest
# share.
dates_of_change <- function(model) {
  delta <- model$changes$delta
  stretch <- cumsum(c(TRUE, diff(sign(delta)) != 0))
  largest <- vapply(split(seq_along(delta), stretch), function(part) part[which.max(abs(delta[part]))], 1L)
  lapply(unname(largest), function(i) {
    list(day = model$origin + round(model$changes$t[i] * model$span_days), sign = sign(delta[i]))
  })
}

# Least squares of level, slope and bend around the date; the standard error allows for errors that follow
# each other.
bend_at <- function(series, weeks, level, date) {
  time <- as.double(weeks - date$day) / 7
  near <- abs(time) <= TREND_WEEKS & !is.na(level)
  if (sum(near & time < 0) < TREND_MIN_WEEKS || sum(near & time > 0) < TREND_MIN_WEEKS) return(NULL)
  time <- time[near]
  fit <- stats::lm(level[near] ~ time + pmax(time, 0))
  carry <- min(max(stats::acf(fit$residuals, lag.max = 1L, plot = FALSE)$acf[2L], 0), 0.95)
  slope <- summary(fit)$coefficients[3L, 1:2] * c(1, sqrt((1 + carry) / (1 - carry)))
  if (!is.finite(slope[2L]) || slope[2L] <= VANISHING || abs(slope[1L]) < TREND_Z * slope[2L] ||
        sign(slope[1L]) != date$sign) return(NULL)
  size <- in_unit_per_week(series$kind, slope[1L] + c(0, -1.96, 1.96) * slope[2L], stats::coef(fit)[[1L]],
                           usual_n(series$n))
  data.frame(ds = date$day, kind = "trend", delta = size[1L], lower = size[2L], upper = size[3L],
             unit = change_unit(series$kind, " per week"), seen_on = weeks[length(weeks)] + 7L)
}

# Slopes on the scale as change per week in the metric's unit, where the level is `at`.
in_unit_per_week <- function(kind, slope, at, n) {
  share_of <- function(x) stats::plogis(x) * (1 - stats::plogis(x)) * (1 + 2 * HALF / known_n(n))
  switch(kind, count = exp(slope) - 1, share = slope * share_of(at), slope)
}
