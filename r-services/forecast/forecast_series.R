# From rows to weekly series without a gap: a week that has no row is missing, which is not 0.

# A series with fewer known weeks is not forecast; nor is one whose last value is too old.
MIN_WEEKS <- 8L
ENDED_AFTER_WEEKS <- 8L

#' The series of a request.
#'
#' @param tables series (metric, scope, week_start, value or I_t, n) or rows (ds, y); see prototype.R.
#' @param as_of The last complete day, or NULL: the last day of any row's week.
#' @return A list, ordered by metric and scope, of list(metric, scope, kind, weeks, value, n, y, status,
#'   reason): one entry per week from the first known to the last complete one; y is the value on its scale;
#'   reason is NA where status is `forecast`.
weekly_series <- function(tables, as_of) {
  rows <- keyed_rows(tables)
  rows <- rows[!is.na(rows$value), ]
  if (is.null(as_of) && nrow(rows)) as_of <- max(rows$week) + 6L
  rows <- rows[order(rows$metric, rows$scope, rows$week, method = "radix"), ]
  key <- paste(rows$metric, rows$scope, sep = "\r")
  lapply(unname(split(rows, factor(key, unique(key)))), one_series, as_of = as_of)
}

# The three forms of a request as data.frame(metric, scope, week, value, n).
keyed_rows <- function(tables) {
  if (!is.null(tables$rows)) {
    rows <- tables$rows
    return(data.frame(metric = rep("y", nrow(rows)), scope = rep("all", nrow(rows)), week = rows$ds,
                      value = rows$y,
                      n = rep(NA_real_, nrow(rows))))
  }
  series <- tables$series
  given <- function(column, absent) {
    if (is.null(series[[column]])) rep(absent, nrow(series)) else series[[column]]
  }
  data.frame(metric = given("metric", "I_t"), scope = given("scope", "all"), week = series$week_start,
             value = if (is.null(series$value)) series$I_t else series$value, n = given("n", NA_real_))
}

one_series <- function(rows, as_of) {
  weeks <- seq(rows$week[1L], as_of - 6L, by = 7L)
  place <- match(rows$week, weeks)
  kind <- metric_kind(rows$metric[1L])
  value <- n <- rep(NA_real_, length(weeks))
  value[place] <- rows$value
  n[place] <- rows$n
  reason <- why_not_forecast(value)
  list(metric = rows$metric[1L], scope = rows$scope[1L], kind = kind, weeks = weeks, value = value, n = n,
       y = to_scale(kind, value, n), status = if (is.na(reason)) "forecast" else "not_enough_data",
       reason = reason)
}

why_not_forecast <- function(value) {
  known <- which(!is.na(value))
  silent <- length(value) - known[length(known)]
  if (length(known) < MIN_WEEKS) {
    return(sprintf("%d complete weeks are known, %d are needed", length(known), MIN_WEEKS))
  }
  if (silent >= ENDED_AFTER_WEEKS) sprintf("nothing is known of the last %d weeks", silent) else NA_character_
}
