# The input of the irt endpoints: zero-row prototypes and parameters. Validation reads these.

# One row per answer. Without `is_calibrated` or `is_scored` every answer serves both; `week_start` and
# `topic_id` are optional keys by which abilities are also reported.
irt_observations_prototype <- function(required = FALSE) {
  fitservice::prototype(
    user_id = fitservice::column("character"),
    item_id = fitservice::column("character"),
    topic_id = fitservice::column("character", nullable = TRUE, required = FALSE),
    week_start = fitservice::column("Date", nullable = TRUE, required = FALSE),
    is_correct = fitservice::column("logical"),
    is_calibrated = fitservice::column("logical", required = FALSE),
    is_scored = fitservice::column("logical", required = FALSE),
    weight = fitservice::column("double", required = FALSE, min = 0),
    required = required
  )
}

# Items of a bank: parameters as columns a, b, c or as one object `params`; the rest comes from an earlier
# calibration.
irt_items_prototype <- function(required = FALSE) {
  number <- fitservice::column("double", nullable = TRUE, required = FALSE)
  text <- fitservice::column("character", nullable = TRUE, required = FALSE)
  flag <- fitservice::column("logical", required = FALSE)
  fitservice::prototype(
    item_id = fitservice::column("character"),
    params = fitservice::column("object", nullable = TRUE, required = FALSE),
    a = number, b = number, c = number, se_a = number, se_b = number, se_c = number, cov_ab = number,
    n_responses = fitservice::column("integer", nullable = TRUE, required = FALSE, min = 0),
    item_fit = text, status = text, model = text, version = text,
    fixed = flag, is_preferred = flag, was_flagged = flag,
    unique = "item_id", required = required
  )
}

# The parameters before `run_id` change the fit; the others are stored in `model_spec` to describe the run.
irt_calibrate_parameters <- function() {
  whole <- function(default, lowest) fitservice::parameter("integer", default, min = lowest, max = 1e9)
  c(irt_matrix_parameters(), list(
    model = fitservice::parameter("character", "2PL", choices = c("Rasch", "2PL", "3PL")),
    min_anchors = fitservice::parameter("integer", 5L, min = 1, max = 1e6),
    drift_min_effect = fitservice::parameter("double", 0.05, min = 0, max = 1),
    drift_level = fitservice::parameter("double", 0.05, min = 0, max = 1),
    max_iterations = fitservice::parameter("integer", 500L, min = 1, max = 1e5),
    priors = fitservice::parameter("object"),
    as_of = fitservice::parameter("Date"),
    run_id = fitservice::parameter("character"),
    lookback_days = whole(NULL, 1), lookback_weeks = whole(NULL, 1), max_observations = whole(NULL, 0),
    rapid_guess_ms = whole(NULL, 0), seed = whole(1L, 0)
  ))
}

irt_score_parameters <- function() {
  c(irt_matrix_parameters(), list(
    mean = fitservice::parameter("double", 0, min = -10, max = 10),
    sd = fitservice::parameter("double", 1, min = 0.01, max = 10)
  ))
}

# Answers as a matrix instead of rows: one array per learner of 0, 1 and null, with names if wanted.
irt_matrix_parameters <- function() {
  list(responses = fitservice::parameter("object"), user_ids = fitservice::parameter("object"),
       item_ids = fitservice::parameter("object"))
}
