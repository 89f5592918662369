# The real service over HTTP.

service <- start_service(folder, c(INTERNAL_TOKEN = "secret"))
on.exit(service$process$kill_tree(), add = TRUE)
token <- list(Authorization = "Bearer secret")
later <- c(token, list(Prefer = "respond-async"))
rows <- simulated_rows(60L, 10L)
goals <- data.frame(user_id = c("u00001", "new"), target = c(0.5, 1), goal_date = as.Date("2024-06-30"))

by_json <- post_json(service, "/growth/fit", list(rows = rows, goals = goals, as_of = format(AS_OF)), token)

send_csv <- function(params = list(), headers = token) {
  params <- json_text(c(list(as_of = format(AS_OF)), params))
  form <- list(params = curl::form_data(params, "application/json"), rows = csv_part(rows, TRUE),
               goals = csv_part(goals))
  call_service(service, "POST", "/growth/fit", headers, form = form)
}

job <- send_csv(headers = later)$headers$location
wait_for_job(service, job, headers = token)

test_that("health reports Stan's version", {
  health <- parsed(call_service(service, "GET", "/healthz"))
  expect_match(health$stan_version, "^[0-9]+[.][0-9]+[.][0-9]+$")
  expect_equal(health$service, "r-brms-plumber")
})

test_that("JSON and gzip CSV give the same bytes, under the contract's names", {
  expect_equal(by_json$status, 200L)
  expect_identical(call_service(service, "GET", paste0(job, "/result"), token)$text, by_json$text)
  document <- parsed(by_json)
  expect_setequal(names(document), c(
    "run_id", "formula", "family", "priors", "posterior_summary", "diagnostics", "predictions", "posterior",
    "largest_residuals", "gates", "notices", "tables", "service_version"
  ))
  expect_named(document$posterior_summary[[1L]], c("parameter", "estimate", "se", "lower", "upper"))
  expect_equal(vapply(document$posterior_summary, function(one) one$parameter, ""), HYPER_NAMES)
  expect_true(all(c("rhat", "ess_bulk", "ess_tail", "divergences", "ebfmi", "pareto_k",
                    "posterior_predictive") %in%
                    names(document$diagnostics)))
  expect_true(all(c("student_id", "probability", "sigma", "mean_score", "lower", "upper") %in%
                    names(document$predictions[[1L]])))
})

test_that("the landing tables read back", {
  expect_equal(wait_for_job(service, job, headers = token)$state, "done")
  table <- function(name) {
    utils::read.csv(text = call_service(service, "GET", paste0(job, "/tables/", name), token)$text)
  }
  predictions <- table("growth_predictions")
  expect_named(predictions, c("user_id", "probability", "sigma", "mean", "lower", "upper", "target",
                              "goal_date",
                              "slope_mean", "slope_sd", "method"))
  expect_equal(predictions$probability, vapply(parsed(by_json)$predictions, function(one) one$probability, 1),
               tolerance = 1e-14)
  meta <- table("growth_brms_meta")
  expect_named(meta, c("formula", "priors", "posterior_summary", "diagnostics", "posterior"))
  expect_true(jsonlite::validate(meta$posterior))
})

test_that("/growth/predict takes numbers, or the posterior as the fit answered it", {
  one <- parsed(post_json(service, "/growth/predict", list(mean = 0.2, sd = 0.5, target = 0.7), token))
  expect_equal(one[c("probability", "uncertainty")], list(probability = stats::pnorm(-1), uncertainty = 0.5))
  body <- list(posterior = parsed(by_json)$posterior, rows = rows[1:20, ], goals = goals,
               as_of = format(AS_OF))
  answer <- parsed(post_json(service, "/growth/predict", body, token))
  expect_equal(answer$predictions[[1L]]$student_id, "new")
  expect_equal(answer$gates[[1L]][c("name", "value", "upper")],
               list(name = "n_not_scored", value = 0L, upper = 0L))
  expect_equal(post_json(service, "/growth/predict", list(mean = 1), token)$status, 400L)
  body$posterior$draws$sigma[[1L]] <- -1
  expect_equal(error_code(post_json(service, "/growth/predict", body, token)), "INVALID_INPUT")
})

# The service's own R processes below the one that listens.
fit_processes <- function() {
  all <- ps::ps_children(ps::ps_handle(service$process$get_pid()), recursive = TRUE)
  Filter(function(one) ps::ps_name(one) == "R", all)
}

# A zombie has ended: the system has not yet taken note.
is_alive <- function(one) tryCatch(ps::ps_status(one) != "zombie", no_such_process = function(cause) FALSE)

test_that("sampling reports chain and iteration, and DELETE ends every chain within a second", {
  params <- list(engine = "brms", iter = 4000L, chains = 2L)
  job <- send_csv(params, later)$headers$location
  seen <- NULL
  for (i in 1:600) {
    seen <- parsed(call_service(service, "GET", job, token))
    if (identical(seen$progress$stage, "sampling") && isTRUE(seen$progress$done > 0)) break
    Sys.sleep(0.1)
  }
  expect_equal(seen$state, "running")
  expect_equal(seen$progress$total, 8000L)
  expect_true(all(c("chain_1", "chain_2") %in% names(seen$progress)))
  running <- fit_processes()
  expect_gte(length(running), 3L) # the fit and its chains
  began <- proc.time()[["elapsed"]]
  cancelled <- parsed(call_service(service, "DELETE", job, token))
  expect_equal(cancelled$state, "cancelled")
  while (any(vapply(running, is_alive, NA)) && proc.time()[["elapsed"]] - began < 5) Sys.sleep(0.02)
  expect_lt(proc.time()[["elapsed"]] - began, 1)
})

service$process$kill_tree()
