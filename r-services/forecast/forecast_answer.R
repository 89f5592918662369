# The answer: landing rows of each series, its report, and the gates over all.

# Rolling one-step forecasts, one row per evaluated week; served: in_unit() of what was served.
rolling_points <- function(series, run, served) {
  weeks <- run$first:length(run$y)
  points_frame(series, run$weeks[weeks], "one_step", lapply(served, function(part) part[weeks, 1L]),
               run$chosen[weeks], value = series$value[weeks], score = run$score[weeks],
               judgement = judgements(run)[weeks])
}

# The forecast after the last week: the last row of `unit`, an in_unit().
future_points <- function(series, run, unit, kind) {
  last <- nrow(unit$yhat)
  ahead <- seq_len(run$settings$horizon)
  method <- if (kind == "prophet") "prophet" else run$chosen[last]
  points_frame(series, run$weeks[length(run$weeks)] + 7L * ahead, kind,
               lapply(unit, function(part) part[last, ]), rep(method, length(ahead)))
}

points_frame <- function(series, week_start, kind, unit, method, value = NA_real_, score = NA_real_,
                         judgement = NA_character_) {
  data.frame(
    metric = series$metric, scope = series$scope, week_start = week_start, kind = kind, yhat = unit$yhat,
    yhat_lower = unit$lower, yhat_upper = unit$upper, method = method, value = value,
    anomaly_score = score, judgement = judgement
  )
}

# usual, anomaly, level_shift (flagged, and one of the weeks that turned out to be one), not_enough_data,
# missing.
judgements <- function(run) {
  judged <- ifelse(is.na(run$y), "missing", ifelse(is.na(run$score), "not_enough_data",
                                                 ifelse(run$flagged, "anomaly", "usual")))
  of_shifts <- unlist(Map(seq, run$shifts$week, run$shifts$seen))
  replace(judged, intersect(of_shifts, which(run$flagged)), "level_shift")
}

# New anomalies: flagged weeks of the last lookback_weeks. A week can be judged as soon as it has ended.
anomaly_rows <- function(points, run, settings) {
  recent <- run$weeks[length(run$weeks)] - 7L * settings$lookback_weeks
  news <- points[points$judgement %in% c("anomaly", "level_shift") & points$week_start > recent, ]
  data.frame(
    week_start = news$week_start, metric = news$metric, scope = news$scope,
    value = news$value, expected = news$yhat,
    anomaly_score = news$anomaly_score, detected_at = sprintf("%s 00:00:00+00", news$week_start + 7L),
    expected_lower = news$yhat_lower, expected_upper = news$yhat_upper, method = news$method,
    judgement = news$judgement
  )
}

# One row of prophet_fit_meta as a list; JSON where the table has it.
series_meta <- function(series, run, measured, changes, stored) {
  last <- nrow(run$served)
  list(metric = series$metric, scope = series$scope, status = series$status, method = run$chosen[last],
       mase = measured$mase, changepoints = changes,
       fit_meta = c(series_facts(series), list(method = run$chosen[last]),
                    measured[names(measured) != "coverage"],
                    list(model = stored)))
}

series_facts <- function(series) {
  known <- which(!is.na(series$y))
  list(metric = series$metric, scope = series$scope, status = series$status, reason = series$reason,
       scale = c(count = "log", share = "logit", bounded = "identity", real = "identity")[[series$kind]],
       first_week = series$weeks[known[1L]], last_week = series$weeks[length(series$weeks)],
       n_weeks = length(series$weeks), n_known = length(known))
}

# A series that is not forecast is still listed, with the reason.
skipped_meta <- function(series) {
  list(metric = series$metric, scope = series$scope, status = series$status, method = NA_character_,
       mase = NA_real_,
       changepoints = no_changes(), fit_meta = series_facts(series))
}

answer_of <- function(reports, silent, settings) {
  every <- function(part) numbered(do.call(rbind, lapply(reports, `[[`, part)))
  points <- every("points")
  forecast <- numbered(points[points$kind == "forecast", ])
  metas <- c(lapply(reports, `[[`, "meta"), silent)
  metas <- metas[order(vapply(metas, `[[`, "", "metric"), vapply(metas, `[[`, "", "scope"), method = "radix")]
  named <- function(meta) {
    n <- nrow(meta$changepoints)
    cbind(data.frame(metric = rep(meta$metric, n), scope = rep(meta$scope, n)), meta$changepoints)
  }
  list(
    result = list(
      forecast = forecast[c("metric", "scope", "week_start", "yhat", "yhat_lower", "yhat_upper", "method")],
      changepoints = do.call(rbind, lapply(metas, named)), anomalies = every("anomalies"),
      model_meta = lapply(metas, `[[`, "fit_meta")
    ),
    tables = list(prophet_fit_meta = do.call(rbind, lapply(metas, meta_frame, forecast = forecast)),
                  prophet_anomalies = every("anomalies"), forecast_points = points),
    gates = forecast_gates(reports, points, settings), notices = silent_notice(silent)
  )
}

numbered <- function(frame) `rownames<-`(frame, NULL)

meta_frame <- function(meta, forecast) {
  own <- forecast[forecast$metric == meta$metric & forecast$scope == meta$scope, ]
  data.frame(
    metric = meta$metric, scope = meta$scope, changepoints = fitservice::json_text(meta$changepoints),
    forecast = fitservice::json_text(own[c("week_start", "yhat", "yhat_lower", "yhat_upper")]),
    fit_meta = fitservice::json_text(meta$fit_meta), status = meta$status,
    method = meta$method, mase = meta$mase
  )
}

silent_notice <- function(silent) {
  if (length(silent)) {
    sprintf("%d series not forecast: %s.", length(silent), paste(vapply(silent, function(one) {
      sprintf("%s of %s (%s)", one$metric, one$scope, one$fit_meta$reason)
    }, ""), collapse = "; "))
  }
}
