# The forecast fit as a plain function: tables and parameters in, lists and landing tables out.

#' Forecast weekly series, judge their weeks, date their changes.
#'
#' @param tables series or rows, see prototype.R; every week has ended at as_of.
#' @param parameters See forecast_parameters().
#' @param progress function(stage, done, total).
#' @return list(result, tables(prophet_fit_meta, prophet_anomalies, forecast_points), gates, notices). Raises
#'   NOT_ESTIMABLE where no series can be forecast.
fit_forecast <- function(tables, parameters, progress = function(...) NULL) {
  series <- weekly_series(tables, parameters$as_of)
  check_any_ready(series)
  settings <- list(
    horizon = parameters$horizon_weeks, threshold = parameters$anomaly_threshold,
    level = parameters$interval_level, evaluate_weeks = parameters$evaluate_weeks,
    lookback_weeks = parameters$lookback_weeks
  )
  series <- lapply(series, with_law, laws = noise_laws(series))
  loadNamespace("forecast") # as load_prophet() does: once, before processes fork
  if (max(lengths(lapply(series, `[[`, "weeks"))) >= MIN_KNOWN[["prophet"]]) load_prophet()
  skipped <- lapply(Filter(Negate(is_ready), series), skipped_meta)
  answer_of(forecast_metrics(series, settings, progress), skipped, settings)
}

is_ready <- function(series) series$status == "forecast"

# The report of each series that is ready, in their order. The series of a metric are judged together, also
# with those that are not ready (a series that ends must not change earlier reports), so a metric is one piece
# of work. The largest go first, so that the processes end at about the same time.
forecast_metrics <- function(series, settings, progress) {
  name <- vapply(series, `[[`, "", "metric")
  metrics <- split(series, factor(name, unique(name)))
  largest <- order(-lengths(metrics))
  tasks <- lapply(metrics[largest], function(own) {
    function() {
      runs <- roll_metric(own, settings)
      ready <- vapply(own, is_ready, TRUE)
      Map(forecast_series, own[ready], runs[ready], list(settings))
    }
  })
  reports <- in_parallel(tasks, progress, "forecasting")[order(largest)]
  unlist(unname(reports), recursive = FALSE)
}

check_any_ready <- function(series) {
  if (any(vapply(series, is_ready, TRUE))) return(invisible(NULL))
  known <- vapply(series, function(one) sum(!is.na(one$value)), 1L)
  fitservice::stop_service(
    "NOT_ESTIMABLE",
    sprintf("None of %d series can be forecast; the longest has %d complete weeks, %d are needed.",
            length(series),
            max(known, 0L), MIN_WEEKS),
    list(n_series = length(series), most_weeks = max(known, 0L), weeks_needed = MIN_WEEKS,
         reasons = I(unique(vapply(series, function(one) one$reason, ""))))
  )
}

# The report of one series and its run: list(points, anomalies, forecast, changes, meta, coverage), the
# first four as data.frames in the metric's own unit.
forecast_series <- function(series, run, settings) {
  width <- half_widths(run, run$chosen, settings$level)
  served <- in_unit(run, run$served, width)
  final <- run$prophet$model
  changes <- change_points(series, run, final)
  points <- rbind(rolling_points(series, run, served), future_points(series, run, served, "forecast"),
                  if (!is.null(final)) future_points(series, run, by_prophet(run, settings$level), "prophet"))
  measured <- measure_series(run, served, settings$level)
  list(points = points, anomalies = anomaly_rows(points, run, settings), changes = changes,
       meta = series_meta(series, run, measured, changes, stored_forecast(series, run, width, final)),
       coverage = measured$coverage, excess = excess_errors(run))
}

# The forecast of the weeks to come by Prophet, with the widths of its own errors: in_unit(), whose last row
# it is.
by_prophet <- function(run, level) {
  last <- nrow(run$served)
  width <- half_widths(run, rep("prophet", last), level, weeks = last)
  in_unit(run, matrix(run$paths[, , "prophet"], last), width)
}

# Problems across columns, for the answer 400.
check_forecast_tables <- function(tables, parameters) {
  if (is.null(tables$series) == is.null(tables$rows)) {
    return(fitservice::problem_rows("series", NA_character_, NA_integer_,
                                    "send either the table `series` or the table `rows`"))
  }
  if (!is.null(tables$series) && is.null(tables$series$value) && is.null(tables$series$I_t)) {
    return(fitservice::problem_rows("series", "value", NA_integer_, "the column is missing"))
  }
  name <- if (is.null(tables$rows)) "series" else "rows"
  columns <- if (name == "rows") c("ds", "y") else c("week_start", "value")
  week_problems(keyed_rows(tables), name, columns, parameters$as_of)
}

# Weeks are optional where a stored model is used.
check_predict_tables <- function(tables, parameters) {
  if (length(tables)) check_forecast_tables(tables, parameters)
}

week_problems <- function(rows, table, columns, as_of) {
  say <- function(problems, column, at, what) fitservice::add_problem(problems, table, column, at, what)
  key <- paste(rows$metric, rows$scope, sep = "\r")
  again <- which(duplicated(paste(key, rows$week)))
  problems <- say(NULL, columns[1L], again, "this week occurs in an earlier row of the series")
  first <- rows$week[match(key, key)]
  apart <- which(as.integer(rows$week - first) %% 7L != 0L)
  problems <- say(problems, columns[1L], apart, "is not whole weeks apart from the series' first row")
  if (table == "series") {
    problems <- say(problems, columns[1L], which(as.POSIXlt(rows$week)$wday != 1L), "is not a Monday")
  }
  if (!is.null(as_of)) {
    problems <- say(problems, columns[1L], which(rows$week + 6L > as_of), "the week is not over at as_of")
  }
  range <- KIND_RANGES[metric_kind(rows$metric)]
  low <- vapply(range, `[`, 1, 1L)
  high <- vapply(range, `[`, 1, 2L)
  outside <- which(rows$value < low | rows$value > high)
  say(problems, columns[2L], outside, sprintf("%s must be from %s to %s", rows$metric, low, high)[outside])
}
