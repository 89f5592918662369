# Forecasts from stored models: the same as the fit's, and moved by weeks that came since.

series <- list(naive = series_rows(round(exp(6 + cumsum(noise(40L, 12)) / 10)), "active_learners"),
               ets = series_rows(counts(40L, 1)),
               share = series_rows(stats::plogis(noise(40L, 3) / 5), "accuracy"))
rows <- do.call(rbind, series)
fitted <- forecast_answer(rows)

# As the landing table holds it, through JSON.
stored <- function(answer) lapply(answer$tables$prophet_fit_meta$fit_meta, jsonlite::parse_json)

predicted <- function(series = NULL, models = stored(fitted), ...) {
  endpoint <- fitservice::endpoint(
    "/prophet/predict", predict_forecast,
    tables = list(series = forecast_series_prototype(), rows = forecast_rows_prototype()),
    parameters = forecast_predict_parameters(), check = check_predict_tables
  )
  raw <- lapply(Filter(Negate(is.null), list(series = series)), raw_form)
  fitservice::run_endpoint(endpoint, raw, list(models = models, ...))
}

test_that("without new weeks a stored model gives the forecast of the fit", {
  again <- predicted()$result$forecast
  expect_equal(again, fitted$result$forecast[names(again)], tolerance = 1e-12)
})

test_that("each method's stored state goes on as its path does", {
  y <- noise(60L, 5) + seq_len(60L) / 10
  run <- rolled(y, horizon = 4L, threshold = 99, methods = METHODS)
  width <- half_widths(run, run$chosen, 0.9)
  for (method in METHODS) {
    run$chosen[61L] <- method
    series <- list(metric = "y", scope = "all", kind = "real")
    kept <- fitservice::json_text(stored_forecast(series, run, width, run$prophet$model))
    model <- forecast_model_from_json(jsonlite::parse_json(kept))
    expect_equal(state_path(model, 4L), run$paths[61L, , method], tolerance = 1e-10, info = method)
  }
})

test_that("what is usual of the metric's series is stored and judges the weeks to come", {
  models <- stored(forecast_answer(topics_of_counts(9L, 10L)))
  model <- forecast_model_from_json(models[[1L]])
  expect_equal(sum(model$usual$weight), 1)
  alone <- replace(model, "usual", list(NULL))
  value <- from_scale("count", state_path(model, 1L) + 4 * robust_scale(model$errors))
  week <- data.frame(week = model$last_week + 7L, value = value, n = NA_real_)
  parameters <- list(anomaly_threshold = -1)
  score <- function(model) see_week(model, "count", week, parameters)$anomaly$anomaly_score
  expect_false(isTRUE(all.equal(score(model), score(alone))))
  expect_equal(score(alone), anomaly_score(4 * robust_scale(model$errors) / relative_noise(model$noise, exp(
    state_path(model, 1L))), model$errors), tolerance = 1e-6)
  expect_null(forecast_model_from_json(stored(fitted)[[1L]])$usual) # a metric of one series
})

test_that("a usual week moves the forecast, a spike is flagged and does not", {
  news <- function(value) {
    data.frame(metric = "answers", scope = "all", week_start = MONDAY + 7L * 40L, value = value)
  }
  usual <- predicted(news(420))
  expect_equal(min(usual$result$forecast$week_start[usual$result$forecast$metric == "answers"]),
               MONDAY + 7L * 41L)
  expect_null(usual$result$anomalies)
  spike <- predicted(news(9000))
  expect_equal(spike$result$anomalies$value, 9000)
  expect_gt(spike$result$anomalies$anomaly_score, 2.5)
  own <- function(answer) answer$result$forecast$yhat[answer$result$forecast$metric == "answers"]
  expect_lt(max(own(spike)), 1000)
  expect_equal(nrow(predicted(news(1500))$result$anomalies), 1L)
  expect_null(predicted(news(1500), anomaly_threshold = 10)$result$anomalies)
})

test_that("weeks of other series are reported, an invalid model is refused", {
  other <- data.frame(metric = "answers", scope = "topic:9", week_start = MONDAY, value = 1)
  expect_match(predicted(other)$notices, "no stored model for answers of topic:9")
  for (bad in list(list(a = 1), list(list(format = 1L)), list(list(model = list(format = 2L))))) {
    cause <- tryCatch(predicted(models = bad), service_error = function(cause) cause)
    expect_equal(cause$code, "INVALID_INPUT")
  }
})

test_that("a stored share goes on with the n of its recent weeks, and a series that never moved is judged", {
  steady <- forecast_answer(series_rows(rep(1, 40L), "accuracy", n = 5))
  models <- stored(steady)
  ahead <- predicted(models = models)$result$forecast
  expect_equal(ahead[c("yhat", "yhat_lower", "yhat_upper")],
               steady$result$forecast[c("yhat", "yhat_lower", "yhat_upper")])
  fall <- data.frame(metric = "accuracy", scope = "all", week_start = MONDAY + 7L * 40L, value = 0.2, n = 5)
  expect_equal(nrow(predicted(fall, models = models)$result$anomalies), 1L)
})
