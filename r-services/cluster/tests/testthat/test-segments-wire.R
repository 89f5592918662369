# The real service over HTTP, and the stored model that comes back through it.

service <- start_service(folder, c(INTERNAL_TOKEN = "secret"))
on.exit(service$process$kill_tree(), add = TRUE)
token <- list(Authorization = "Bearer secret")
rows <- planted_learners(150L)
params <- c(list(as_of = "2026-06-28", k = ""), FEW)
by_json <- post_json(service, "/cluster/fit", c(params, list(data_rows = rows)), token)
document <- parsed(by_json)

test_that("JSON and gzip CSV give the same bytes, under the contract's names", {
  expect_equal(by_json$status, 200L)
  form <- list(params = curl::form_data(fitservice::json_text(params), "application/json"),
               features = csv_part(rows, TRUE))
  expect_identical(call_service(service, "POST", "/cluster/fit", token, form = form)$text, by_json$text)
  expect_setequal(names(document), c("segments", "segment_meta", "centers", "gates", "notices", "tables",
                                     "service_version"))
  expect_named(document$segments[[1L]], c("user_id", "segment_id", "segment_label", "strength", "distance",
                                           "is_assigned_only"))
  expect_equal(document$tables, list("segment_assignments", "segment_meta"))
})

test_that("a stored model gives the fit's own rows the fit's own segments, digit by digit", {
  model <- document$segment_meta[c("features", "centers")]
  body <- list(model = model, rows = rows, model_run_id = "r", model_age_days = 3L,
               model_max_age_days = 35L)
  again <- post_json(service, "/cluster/predict", body, token)
  expect_equal(again$status, 200L)
  expect_identical(parsed(again)$segments, document$segments)
  expect_equal(vapply(parsed(again)$gates, function(one) one$name, ""), c("n_not_scored", "model_age_days"))
  stranger <- list(user_id = "new", sessions = NULL, attempts = 1)
  lacking <- post_json(service, "/cluster/predict", list(model = model, rows = list(stranger)), token)
  expect_equal(c(lacking$status, error_code(lacking)), c("400", "INVALID_INPUT"))
  model$features[[1L]]$scale <- 0
  expect_equal(post_json(service, "/cluster/predict", list(model = model, rows = rows), token)$status, 400L)
})

test_that("too few learners keep their status over HTTP", {
  answer <- post_json(service, "/cluster/fit", list(features = rows[1:10, ]), token)
  expect_equal(c(answer$status, error_code(answer)), c("422", "NOT_ESTIMABLE"))
})

service$process$kill_tree()
