# The plain functions, and answers made with known parameters.

source(file.path("..", "..", "..", "fitservice", "tests", "testthat", "helper-service.R"), local = TRUE)

folder <- normalizePath(file.path("..", ".."))
for (file in setdiff(list.files(folder, "\\.R$"), "plumber.R")) {
  sys.source(file.path(folder, file), environment())
}

AS_OF <- as.Date("2024-03-31")

true_items <- function(n_items = 40L) {
  set.seed(5L)
  data.frame(item_id = sprintf("i%02d", seq_len(n_items)), a = exp(stats::rnorm(n_items, 0, 0.25)),
             b = stats::rnorm(n_items), c = 0)
}

# Each learner answers `per_learner` items. `moved` items have another b.
simulated_rows <- function(n_learners = 1500L, per_learner = 20L, items = true_items(), mean = 0, sd = 1,
                           seed = 1L) {
  set.seed(seed)
  theta <- stats::rnorm(n_learners, mean, sd)
  item <- unlist(lapply(seq_len(n_learners), function(i) sample.int(nrow(items), per_learner)))
  learner <- rep(seq_len(n_learners), each = per_learner)
  chance <- items$c[item] + (1 - items$c[item]) *
    stats::plogis(items$a[item] * (theta[learner] - items$b[item]))
  data.frame(user_id = sprintf("u%05d", learner), item_id = items$item_id[item], theta = theta[learner],
             is_correct = stats::runif(length(item)) < chance)
}

irt_endpoint <- function(path = "/irt/calibrate") fitservice::load_service(folder)$endpoints[[path]]

raw_form <- function(frame) {
  text_of <- function(x) if (is.double(x) && !inherits(x, "Date")) sprintf("%.17g", x) else as.character(x)
  cells <- Map(function(x) replace(text_of(x), is.na(x), NA_character_), frame)
  list(cells = cells, kinds = NULL, n = nrow(frame))
}

# Through the same checks as a request, without HTTP.
answer_for <- function(observations, anchors = NULL, ..., path = "/irt/calibrate", tables = list()) {
  observations <- observations[setdiff(names(observations), "theta")]
  tables <- c(Filter(Negate(is.null), list(observations = observations, anchors = anchors)), tables)
  fitservice::run_endpoint(irt_endpoint(path), lapply(tables, raw_form), list(...))
}

refusal <- function(...) tryCatch(answer_for(...), service_error = function(cause) cause)

# The bank a run left behind, as the warehouse sends it along with the next.
bank_of <- function(answer, fixed = TRUE, ...) {
  items <- answer$tables$mirt_item_params
  number <- function(text, key) {
    vapply(text, function(one) {
      value <- jsonlite::parse_json(one)[[key]]
      if (is.null(value)) NA_real_ else as.double(value)
    }, 0, USE.NAMES = FALSE)
  }
  data.frame(
    item_id = items$item_id, a = number(items$params, "a"), b = number(items$params, "b"),
    c = number(items$params, "c"), se_a = number(items$se, "a"), se_b = number(items$se, "b"),
    se_c = number(items$se, "c"), cov_ab = number(items$se, "cov_ab"), n_responses = items$n_responses,
    item_fit = items$fit, status = items$status, model = items$model, version = items$version,
    fixed = fixed & items$status == "operational", is_preferred = FALSE, was_flagged = FALSE, ...
  )
}

gate <- function(answer, name) answer$gates$value[answer$gates$name == name]

passed <- function(answer) {
  with(answer$gates, all(!is.na(value) & (is.na(lower) | value >= lower) & (is.na(upper) | value <= upper)))
}
