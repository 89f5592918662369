# The real service over HTTP.

service <- start_service(folder, c(INTERNAL_TOKEN = "secret"))
on.exit(service$process$kill_tree(), add = TRUE)
token <- list(Authorization = "Bearer secret")
rows <- simulated_rows(400L, 12L)[c("user_id", "item_id", "is_correct")]
rows$topic_id <- ifelse(rows$item_id < "i20", "algebra", NA)
rows$week_start <- AS_OF - 6L - 7L * (seq_len(nrow(rows)) %% 3L)

by_json <- post_json(service, "/irt/calibrate", list(observations = rows, as_of = format(AS_OF)), token)

send_csv <- function(sent = rows, headers = token, gzip = TRUE) {
  params <- fitservice::json_text(list(as_of = format(AS_OF)))
  form <- list(params = curl::form_data(params, "application/json"), observations = csv_part(sent, gzip))
  call_service(service, "POST", "/irt/calibrate", headers, form = form)
}

job <- send_csv(headers = c(token, list(Prefer = "respond-async")))$headers$location
job_view <- wait_for_job(service, job, headers = token)

test_that("JSON and gzip CSV give the same bytes, under the contract's names", {
  expect_equal(by_json$status, 200L)
  expect_identical(call_service(service, "GET", paste0(job, "/result"), token)$text, by_json$text)
  document <- parsed(by_json)
  expect_setequal(names(document), c("fit_meta", "item_params", "abilities", "gates", "notices", "tables",
                                     "service_version"))
  expect_named(document$fit_meta, c("run_id", "model_spec", "metrics", "linking_constants"))
  expect_true(all(c("loglik", "aic", "bic", "iterations", "converged") %in% names(document$fit_meta$metrics)))
  expect_true(all(c("A", "B", "method", "n_anchors_used", "slope", "intercept") %in%
                    names(document$fit_meta$linking_constants)))
  expect_named(document$item_params[[1L]]$params, c("a", "b", "c"))
  expect_true(all(c("user_id", "theta", "se") %in% names(document$abilities[[1L]])))
})

test_that("every model answers in JSON that reads", {
  for (model in c("Rasch", "3PL")) {
    answer <- parsed(post_json(service, "/irt/calibrate", list(observations = rows, model = model), token))
    expect_equal(answer$fit_meta$model_spec$model, model)
    expect_true(answer$fit_meta$metrics$converged)
  }
})

test_that("the job reports its progress, and its tables read back exactly", {
  expect_equal(job_view$state, "done")
  table <- function(name) {
    utils::read.csv(text = call_service(service, "GET", paste0(job, "/tables/", name), token)$text)
  }
  theta <- vapply(parsed(by_json)$abilities, function(one) one$theta, 1)
  expect_equal(table("mirt_ability")$theta, theta, tolerance = 1e-14)
  weekly <- table("ability_weekly")
  expect_equal(sum(weekly$n), nrow(rows))
  expect_equal(sum(table("student_topic_theta")$n), sum(!is.na(rows$topic_id)))
  expect_equal(nrow(table("item_drift")), 0L)
})

test_that("a 0/1/null matrix is the same as its rows", {
  wide <- tapply(as.integer(rows$is_correct), rows[c("user_id", "item_id")], function(x) x[1L])
  matrix <- lapply(seq_len(nrow(wide)), function(i) I(unname(wide[i, ])))
  body <- list(responses = matrix, user_ids = rownames(wide), item_ids = colnames(wide),
               as_of = format(AS_OF))
  answer <- parsed(post_json(service, "/irt/calibrate", body, token))
  expect_equal(answer$item_params, parsed(by_json)$item_params)
  expect_equal(answer$abilities, parsed(by_json)$abilities)
})

test_that("inline anchors are fixed, and /irt/score scores with inline parameters", {
  items <- parsed(by_json)$item_params[1:20]
  anchors <- lapply(items, function(one) c(one[c("item_id", "params")], fixed = TRUE))
  answer <- parsed(post_json(service, "/irt/calibrate", list(observations = rows, anchors = anchors), token))
  expect_equal(lapply(answer$item_params[1:20], `[[`, "params"), lapply(items, `[[`, "params"))
  params <- lapply(parsed(by_json)$item_params, `[`, c("item_id", "params"))
  scored <- parsed(post_json(service, "/irt/score", list(item_params = params, observations = rows), token))
  expect_named(scored$abilities[[1L]], c("user_id", "n", "theta_eap", "se_eap", "theta_wle", "se_wle"))
  values <- function(abilities, name) vapply(abilities, function(one) one[[name]], 1)
  fitted <- parsed(by_json)$abilities  # of a founding run: the prior is N(0, 1), as /irt/score's
  expect_equal(values(scored$abilities, "theta_eap"), values(fitted, "theta"))
  expect_equal(values(scored$abilities, "se_eap"), values(fitted, "se"))
  expect_equal(values(scored$abilities, "theta_wle"), values(fitted, "theta_wle"))
  expect_named(scored$weekly_abilities[[1L]], c("user_id", "week_start", "n", "theta_eap", "se_eap",
                                                "theta_wle", "se_wle"))
})

test_that("all right and all wrong get finite scores in the right order", {
  params <- data.frame(item_id = c("x", "y"), a = 1, b = c(-0.5, 0.5))
  observations <- data.frame(user_id = rep(c("all", "one", "none"), each = 2L), item_id = c("x", "y"),
                             is_correct = c(TRUE, TRUE, TRUE, FALSE, FALSE, FALSE))
  scored <- parsed(post_json(service, "/irt/score", list(item_params = params, observations = observations),
                             token))$abilities
  theta <- stats::setNames(vapply(scored, function(one) one$theta_wle, 1),
                           vapply(scored, function(one) one$user_id, ""))
  expect_true(theta["all"] > theta["one"] && theta["one"] > theta["none"])
})

service$process$kill_tree()
