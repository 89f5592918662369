# Forecasts from a stored model, without a refit; weeks that came since are judged and move its state.

# The state after the last week: that of each method, the half-widths, and what the next weeks are judged by:
# errors, each divided by the noise expected from the size of its week, and their usual size in the metric.
stored_forecast <- function(series, run, width, prophet) {
  last <- nrow(run$served)
  method <- run$chosen[last]
  error <- comparable_errors(run, last)$past
  slope <- if (method == "naive_drift") drift_slope(run$train) else 0
  list(
    format = 1L, metric = series$metric, scope = series$scope, method = method,
    last_week = run$weeks[length(run$weeks)], threshold = run$settings$threshold,
    state = switch(method, ets = run$ets[c("level", "slope", "alpha", "beta", "phi")], prophet = prophet,
                   list(level = run$paths[[last, 1L, method]] - slope, slope = slope)),
    recent_n = I(recent_n(run$n)), half_width = I(width[last, ]), noise = as.list(run$law[last, ]),
    errors = I(error[!is.na(error)]),
    usual = run$usual[[last]]
  )
}

#' Forecast again from stored models.
#'
#' @param tables series (or rows for a single model): weeks after those the models know, or nothing.
#' @param parameters models: `prophet_fit_meta.fit_meta` of a series, or an array of them. horizon_weeks, at
#'   most as many as the models have intervals for.
#' @return list(result(forecast, anomalies), tables, gates, notices). Raises INVALID_INPUT.
predict_forecast <- function(tables, parameters, progress = function(...) NULL) {
  models <- read_forecast_models(parameters$models)
  rows <- if (length(tables)) keyed_rows(tables)
  continued <- lapply(models, function(model) go_on(model, weeks_since(model, rows), parameters))
  forecast <- do.call(rbind, lapply(continued, `[[`, "forecast"))
  list(
    result = list(forecast = forecast, anomalies = do.call(rbind, lapply(continued, `[[`, "anomalies"))),
    tables = list(),
    gates = data.frame(name = "n_not_finite", value = as.double(sum(!is.finite(forecast$yhat))),
                       lower = NA_real_,
                       upper = 0),
    notices = unknown_series_notice(models, rows)
  )
}

# data.frame(week, value, n), one row per week after the model's last; NA where missing.
weeks_since <- function(model, rows) {
  if (is.null(rows)) return(NULL)
  single <- all(rows$metric == "y")
  own <- rows[single | (rows$metric == model$metric & rows$scope == model$scope), ]
  own <- own[own$week > model$last_week & !is.na(own$value), ]
  if (nrow(own) == 0L) return(NULL)
  weeks <- seq(model$last_week + 7L, max(own$week), by = 7L)
  own[match(weeks, own$week), c("value", "n")] |> cbind(week = weeks)
}

go_on <- function(model, since, parameters) {
  kind <- metric_kind(model$metric)
  anomalies <- NULL
  for (i in seq_len(NROW(since))) {
    seen <- see_week(model, kind, since[i, ], parameters)
    model <- seen$model
    anomalies <- rbind(anomalies, seen$anomaly)
  }
  ahead <- seq_len(min(parameters$horizon_weeks, length(model$half_width)))
  run <- list(kind = kind, n_expected = usual_n(model$recent_n), n_steady = steady_n(model$recent_n))
  unit <- in_unit(run, t(state_path(model, length(ahead))),
                  t(model$half_width[ahead]))
  list(anomalies = anomalies, forecast = data.frame(
    metric = model$metric, scope = model$scope, week_start = model$last_week + 7L * ahead,
    yhat = drop(unit$yhat), yhat_lower = drop(unit$lower), yhat_upper = drop(unit$upper),
    method = model$method
  ))
}

# A week is judged by the errors before it, then learnt from; a flagged one is not, as in the fit.
see_week <- function(model, kind, week, parameters) {
  expected <- state_path(model, 1L)
  value <- to_scale(kind, week$value, week$n)
  size <- if (kind == "count") exp(expected) else week$n
  error <- (value - expected) / relative_noise(model$noise, size)
  score <- week_score(error, model$errors, model$usual, sampling_score(kind, expected, week$value, week$n),
                      kind == "count" || !is.na(week$n))
  threshold <- if (is.null(parameters$anomaly_threshold)) model$threshold else parameters$anomaly_threshold
  flagged <- !is.na(score) && abs(score) >= threshold
  model$state <- moved_state(model, if (flagged) NA else value)
  model$last_week <- week$week
  expected <- from_scale(kind, expected, usual_n(model$recent_n))
  model$recent_n <- c(model$recent_n, week$n)
  model$errors <- utils::tail(c(model$errors, if (!is.na(value)) error), ERROR_WEEKS)
  anomaly <- data.frame(week_start = week$week, metric = model$metric, scope = model$scope,
                        value = week$value, expected = expected, anomaly_score = score)
  list(model = model, anomaly = if (flagged) anomaly)
}

state_path <- function(model, horizon) {
  state <- model$state
  switch(model$method,
         ets = ets_path(state, horizon),
         prophet = prophet_at(state, model$last_week + 7L * seq_len(horizon)),
         state$level + state$slope * seq_len(horizon))
}

moved_state <- function(model, value) {
  state <- model$state
  if (model$method == "prophet") return(state) # it has no state but time
  if (model$method == "ets") {
    return(ets_step(c(state, list(filled = double(), age = 0L)), value)[names(state)])
  }
  state$level <- if (is.na(value)) state$level + state$slope else value
  state
}

# As they came through JSON, back in the form used here.
read_forecast_models <- function(given) {
  records <- if (is.null(names(given))) given else list(given)
  tryCatch(lapply(records, forecast_model_from_json), error = function(cause) {
    fitservice::stop_service(
      "INVALID_INPUT", "params: `models` holds something that is no stored forecast (format 1).",
      list(expected = "prophet_fit_meta.fit_meta of a forecast fit, or an array of them")
    )
  })
}

forecast_model_from_json <- function(record) {
  stored <- if (is.null(record$model)) record else record$model
  stopifnot(identical(as.integer(stored$format), 1L), stored$method %in% METHODS)
  numbers <- function(values) vapply(values, function(one) if (is.null(one)) NA_real_ else as.double(one), 1)
  state <- stored$state
  if (stored$method == "prophet") {
    state$origin <- as.Date(state$origin)
    state$changes <- data.frame(t = numbers(lapply(state$changes, `[[`, "t")),
                                delta = numbers(lapply(state$changes, `[[`, "delta")))
    state$beta <- numbers(state$beta)
  }
  stored$state <- state
  stored$last_week <- as.Date(stored$last_week)
  stored$half_width <- numbers(stored$half_width)
  stored$errors <- numbers(stored$errors)
  stored$recent_n <- numbers(stored$recent_n)
  if (length(stored$usual)) {
    part <- function(name) numbers(lapply(stored$usual, `[[`, name))
    stored$usual <- data.frame(weight = part("weight"), centre = part("centre"), spread = part("spread"))
  }
  stopifnot(!is.na(stored$last_week), length(stored$half_width) > 0L, is.finite(state_path(stored, 1L)))
  stored
}

unknown_series_notice <- function(models, rows) {
  if (is.null(rows) || all(rows$metric == "y")) return(NULL)
  key <- function(metric, scope) paste(metric, "of", scope)
  known <- vapply(models, function(model) key(model$metric, model$scope), "")
  unknown <- setdiff(key(rows$metric, rows$scope), known)
  if (length(unknown)) sprintf("no stored model for %s: left out.", unknown)
}
