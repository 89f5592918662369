# The real service over HTTP, one for both fits: a start takes two seconds. The last file of the suite:
# processx, which starts it, and parallel do not share the signal of an ended child, so nothing may fork in
# this process afterwards.

service <- start_service(folder, c(INTERNAL_TOKEN = "secret"))
on.exit(service$process$kill_tree(), add = TRUE)
token <- list(Authorization = "Bearer secret")
rows <- simulated_gaps(600L)
rows$e_t <- ifelse(seq_len(600L) %% 4L == 0L, NA, rows$accuracy^2)
params <- list(as_of = format(AS_OF))

by_json <- post_json(service, "/survival/fit", c(params, list(rows = rows, at_risk = open_gaps(rows))), token)

send_csv <- function(gzip, headers = token, sent = rows) {
  form <- list(params = curl::form_data(fitservice::json_text(params), "application/json"),
               rows = csv_part(sent, gzip), at_risk = csv_part(open_gaps(rows), gzip))
  call_service(service, "POST", "/survival/fit", headers, form = form)
}

job <- send_csv(TRUE, c(token, list(Prefer = "respond-async")))$headers$location
wait_for_job(service, job, headers = token)

test_that("JSON, CSV and gzip CSV give the same bytes", {
  expect_equal(by_json$status, 200L)
  expect_identical(send_csv(FALSE)$text, by_json$text)
  expect_identical(call_service(service, "GET", paste0(job, "/result"), token)$text, by_json$text)
})

test_that("the document has the contract's names", {
  document <- parsed(by_json)
  expect_setequal(names(document), c("model_meta", "predictions", "risk_scores", "survival_curve", "gates",
                                     "notices", "tables", "service_version"))
  expect_true(all(c("n", "n_events", "formula", "coefficients", "hazard_ratios", "concordance", "baseline",
                    "diagnostics") %in% names(document$model_meta)))
  expect_named(document$survival_curve[[1L]], c("t", "S"))
  expect_equal(document$survival_curve[[1L]]$S, 1L)
  expect_named(document$predictions[[1L]]$contributions[[1L]], c("feature", "contribution", "value"))
  expect_equal(document$tables, list("survival_risk", "survival_fit_meta"))
})

test_that("tables arrive as CSV that reads back exactly", {
  expect_equal(wait_for_job(service, job, headers = token)$state, "done")
  risk <- call_service(service, "GET", paste0(job, "/tables/survival_risk"), token)$text
  risk <- utils::read.csv(text = risk, colClasses = c(user_id = "character"))
  predictions <- parsed(by_json)$predictions
  expect_identical(risk$risk_score, vapply(predictions, function(one) one$risk_score, 1))
  expect_equal(jsonlite::parse_json(risk$contributions[1L]), predictions[[1L]]$contributions)
})

test_that("a stored model predicts over HTTP", {
  model <- parsed(by_json)$model_meta$diagnostics$model
  learners <- open_gaps(rows)
  without <- list(rows = learners, time_points = c(7L, 14L), model = NULL)
  answer <- post_json(service, "/survival/predict", without, token)
  expect_equal(answer$status, 400L)
  body <- jsonlite::toJSON(list(model = model, time_points = c(7, 14)), auto_unbox = TRUE, digits = NA,
                           null = "null")
  form <- list(params = curl::form_data(as.character(body), "application/json"), rows = csv_part(learners))
  answer <- parsed(call_service(service, "POST", "/survival/predict", token, form = form))
  expect_length(answer$survival_curves, nrow(learners))
  expect_length(answer$survival_curves[[1L]]$curve, 2L)
  expect_equal(answer$risk_rankings[[1L]]$rank, 1L)
  expect_equal(answer$risk_rankings[[1L]]$risk_score,
               max(vapply(parsed(by_json)$predictions, function(one) one$risk_score, 1)), tolerance = 1e-9)
})

test_that("errors keep their status over HTTP", {
  snapshot <- rows[setdiff(names(rows), "returned")]
  snapshot$event <- snapshot$observed_gap_days >= 14L
  answer <- send_csv(TRUE, sent = snapshot)
  expect_equal(c(answer$status, error_code(answer)), c("422", "NOT_ESTIMABLE"))
  broken <- rows
  broken$accuracy[7L] <- NaN
  answer <- send_csv(FALSE, sent = broken)
  expect_equal(answer$status, 400L)
  expect_equal(parsed(answer)$error$detail$problems[[1L]][c("table", "column", "row")],
               list(table = "rows", column = "accuracy", row = 7L))
})

weeks <- rbind(series_rows(counts(30L, 1)), series_rows(counts(30L, 2),
                                                        scope = "topic:\u0434\u0440\u043e\u0431\u0438"))
forecast_by_json <- post_json(service, "/prophet/fit", list(series = weeks), token)

test_that("forecast: JSON and gzip CSV give the same bytes; landing tables are offered", {
  expect_equal(forecast_by_json$status, 200L)
  form <- list(params = curl::form_data("{}", "application/json"), series = csv_part(weeks, TRUE))
  by_csv <- call_service(service, "POST", "/prophet/fit", token, form = form)
  expect_identical(by_csv$text, forecast_by_json$text)
  document <- parsed(forecast_by_json)
  expect_equal(document$tables, list("prophet_fit_meta", "prophet_anomalies", "forecast_points"))
  expect_true(all(c("forecast", "changepoints", "anomalies", "model_meta", "gates") %in% names(document)))
  expect_length(document$forecast, 8L)
})

test_that("what the fit answered is a model that predicts", {
  models <- jsonlite::toJSON(parsed(forecast_by_json)$model_meta, auto_unbox = TRUE, digits = NA,
                             null = "null")
  body <- sprintf('{"models": %s, "horizon_weeks": 2}', models)
  form <- list(params = curl::form_data(body, "application/json"))
  answer <- call_service(service, "POST", "/prophet/predict", token, form = form)
  expect_equal(answer$status, 200L)
  forecast <- parsed(answer)$forecast
  expect_length(forecast, 4L)
  expect_equal(forecast[[1L]]$yhat, parsed(forecast_by_json)$forecast[[1L]]$yhat, tolerance = 1e-9)
})

test_that("forecast: errors keep their status", {
  answer <- post_json(service, "/prophet/fit", list(series = weeks[1:5, ]), token)
  expect_equal(c(answer$status, error_code(answer)), c("422", "NOT_ESTIMABLE"))
  answer <- post_json(service, "/prophet/fit", list(horizon_weeks = 4L), token)
  expect_equal(c(answer$status, error_code(answer)), c("400", "INVALID_INPUT"))
})

service$process$kill_tree()
