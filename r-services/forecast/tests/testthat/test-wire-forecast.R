# The forecast endpoints over HTTP. After all files that fork: see test-survival-wire.R.

service <- start_service(folder, c(INTERNAL_TOKEN = "secret"))
on.exit(service$process$kill_tree(), add = TRUE)
token <- list(Authorization = "Bearer secret")
rows <- rbind(series_rows(counts(30L, 1)), series_rows(counts(30L, 2),
                                                       scope = "topic:\u0434\u0440\u043e\u0431\u0438"))
by_json <- post_json(service, "/prophet/fit", list(series = rows), token)

test_that("JSON and gzip CSV give the same bytes; landing tables are offered", {
  expect_equal(by_json$status, 200L)
  form <- list(params = curl::form_data("{}", "application/json"), series = csv_part(rows, TRUE))
  expect_identical(call_service(service, "POST", "/prophet/fit", token, form = form)$text, by_json$text)
  document <- parsed(by_json)
  expect_equal(document$tables, list("prophet_fit_meta", "prophet_anomalies", "forecast_points"))
  expect_true(all(c("forecast", "changepoints", "anomalies", "model_meta", "gates") %in% names(document)))
  expect_length(document$forecast, 8L)
})

test_that("what the fit answered is a model that predicts", {
  models <- jsonlite::toJSON(parsed(by_json)$model_meta, auto_unbox = TRUE, digits = NA, null = "null")
  body <- sprintf('{"models": %s, "horizon_weeks": 2}', models)
  form <- list(params = curl::form_data(body, "application/json"))
  answer <- call_service(service, "POST", "/prophet/predict", token, form = form)
  expect_equal(answer$status, 200L)
  forecast <- parsed(answer)$forecast
  expect_length(forecast, 4L)
  expect_equal(forecast[[1L]]$yhat, parsed(by_json)$forecast[[1L]]$yhat, tolerance = 1e-9)
})

test_that("errors keep their status", {
  answer <- post_json(service, "/prophet/fit", list(series = rows[1:5, ]), token)
  expect_equal(c(answer$status, error_code(answer)), c("422", "NOT_ESTIMABLE"))
  answer <- post_json(service, "/prophet/fit", list(horizon_weeks = 4L), token)
  expect_equal(c(answer$status, error_code(answer)), c("400", "INVALID_INPUT"))
})

service$process$kill_tree()
