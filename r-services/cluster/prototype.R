# The input of the cluster endpoints: zero-row prototypes and parameters. Validation reads these.

# The warehouse's features in the order in which the later of two near-duplicates is dropped. `log` ones are
# counts, rates and times: they enter as log(1 + x). Any other numeric column enters as it stands.
SEGMENT_FEATURES <- c(
  "engagement", "improvement", "efficiency", "recovery", "sessions", "mean_gap_days", "median_response_ms",
  "hints_per_answer", "attempts"
)
LOG_FEATURES <- c("sessions", "mean_gap_days", "median_response_ms", "hints_per_answer", "attempts")

FEATURE_TABLES <- c("features", "rows", "data", "data_rows") # the contract's name and its aliases
LARGEST_K <- 8L

segments_feature_columns <- function() {
  any_number <- fitservice::column("double", nullable = TRUE, required = FALSE)
  no_less_than_0 <- fitservice::column("double", nullable = TRUE, required = FALSE, min = 0)
  columns <- stats::setNames(rep(list(any_number), length(SEGMENT_FEATURES)), SEGMENT_FEATURES)
  columns[LOG_FEATURES] <- list(no_less_than_0)
  columns
}

# One row per learner. A null is a feature that is not known of the learner.
segments_features_prototype <- function() {
  do.call(fitservice::prototype, c(
    list(user_id = fitservice::column("character")), segments_feature_columns(),
    list(unique = "user_id", other_columns = "double", required = FALSE)
  ))
}

segments_feature_tables <- function() {
  stats::setNames(rep(list(segments_features_prototype()), length(FEATURE_TABLES)), FEATURE_TABLES)
}

# One row per learner of the run before: the segment they were in. Empty for the first run.
segments_previous_prototype <- function() {
  fitservice::prototype(
    user_id = fitservice::column("character"), segment_id = fitservice::column("integer", min = 1),
    unique = "user_id", required = FALSE
  )
}

segments_fit_parameters <- function() {
  list(
    as_of = fitservice::parameter("Date"),
    method = fitservice::parameter("character", "kmeans", choices = "kmeans"),
    k = fitservice::parameter("integer", min = 1, max = 20, or_empty = TRUE),
    sample_size = fitservice::parameter("integer", 2000L, min = 100, max = 100000),
    n_references = fitservice::parameter("integer", 50L, min = 10, max = 1000),
    n_bootstraps = fitservice::parameter("integer", 50L, min = 10, max = 1000),
    previous_run_id = fitservice::parameter("character"),
    next_segment_id = fitservice::parameter("integer", 1L, min = 1, max = .Machine$integer.max),
    seed = fitservice::parameter("integer", 1L, min = 0, max = 1e9)
  )
}

segments_predict_parameters <- function() {
  c(list(
    as_of = fitservice::parameter("Date"),
    model = fitservice::parameter("object", required = TRUE)
  ), fitservice::stored_model_parameters())
}
