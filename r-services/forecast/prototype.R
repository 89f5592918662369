# What the survival endpoints take: zero-row prototypes and parameters. Validation reads these.

SURVIVAL_COVARIATES <- c(
  "log_answers", "log_active_days", "log_mean_gap", "accuracy", "log_tenure", "log_total_answers",
  "is_first_day", "log_items_left", "is_all_solved", "log_newly_solved", "a_t", "e_t", "r_t"
)

SURVIVAL_STRUCTURE <- c("user_id", "gap_started_on", "observed_gap_days", "returned", "event", "idle_days")

survival_covariate_columns <- function() {
  number <- fitservice::column("double", nullable = TRUE, required = FALSE)
  columns <- stats::setNames(rep(list(number), length(SURVIVAL_COVARIATES)), SURVIVAL_COVARIATES)
  flag <- fitservice::column("integer", nullable = TRUE, required = FALSE)
  columns[c("is_first_day", "is_all_solved")] <- list(flag)
  columns
}

# One row per gap that starts in the look-back, or before it in that of an earlier landmark. `event` is what
# an older snapshot has instead of `returned`; it is named here so that it can be refused with the reason.
survival_rows_prototype <- function() {
  do.call(fitservice::prototype, c(list(
    user_id = fitservice::column("character"),
    gap_started_on = fitservice::column("Date", required = FALSE),
    observed_gap_days = fitservice::column("integer", min = 0),
    returned = fitservice::column("logical", required = FALSE),
    event = fitservice::column("logical", nullable = TRUE, required = FALSE)
  ), survival_covariate_columns(), other_columns = "double"))
}

# One row per learner to score: the days idle at as_of and the covariates of the open gap.
survival_at_risk_prototype <- function(required = FALSE) {
  do.call(fitservice::prototype, c(list(
    user_id = fitservice::column("character"),
    idle_days = fitservice::column("integer", min = 0)
  ), survival_covariate_columns(), list(unique = "user_id", other_columns = "double", required = required)))
}

# Days on which the school is closed, past and ahead: on them nobody is at risk of not returning.
survival_closed_days_prototype <- function() {
  fitservice::prototype(day = fitservice::column("Date"), unique = "day", required = FALSE)
}

survival_fit_parameters <- function() {
  list(
    as_of = fitservice::parameter("Date"),
    family = fitservice::parameter("character", "cox", choices = "cox"),
    event_threshold_days = fitservice::parameter("integer", 14L, min = 1, max = 3650),
    horizon_days = fitservice::parameter("integer", 14L, min = 1, max = 3650),
    lookback_days = fitservice::parameter("integer", 90L, min = 1, max = 36500),
    validate_landmarks_days = fitservice::parameter("integers", c(14L, 28L, 42L, 56L), min = 1, max = 36500),
    alert_threshold = fitservice::parameter("double", 0.7, min = 0, max = 1),
    seed = fitservice::parameter("integer", 1L, min = 0, max = .Machine$integer.max)
  )
}

survival_predict_parameters <- function() {
  c(list(
    as_of = fitservice::parameter("Date"),
    model = fitservice::parameter("object", required = TRUE),
    time_points = fitservice::parameter("integers", 14L, min = 0, max = 36500)
  ), fitservice::stored_model_parameters())
}

# Weekly series keyed by metric and scope; alone, `week_start` with `I_t` (or `value`) is one series. `n`: how
# many answers or learners the value rests on.
forecast_series_prototype <- function() {
  text <- fitservice::column("character", required = FALSE)
  number <- fitservice::column("double", nullable = TRUE, required = FALSE)
  fitservice::prototype(metric = text, scope = text, week_start = fitservice::column("Date"), value = number,
                        I_t = number, n = fitservice::column("double", nullable = TRUE, required = FALSE,
                                                             min = 0),
                        required = FALSE)
}

# One series of any real metric, as Prophet itself takes it.
forecast_rows_prototype <- function() {
  fitservice::prototype(ds = fitservice::column("Date"), y = fitservice::column("double", nullable = TRUE),
                        required = FALSE)
}

forecast_parameters <- function() {
  list(
    as_of = fitservice::parameter("Date"),
    horizon_weeks = fitservice::parameter("integer", 4L, min = 1, max = 52),
    anomaly_threshold = fitservice::parameter("double", 2.5, min = 0.1, max = 10),
    lookback_weeks = fitservice::parameter("integer", 12L, min = 1, max = 5200),
    evaluate_weeks = fitservice::parameter("integer", 156L, min = 8, max = 5200),
    interval_level = fitservice::parameter("double", 0.9, min = 0.5, max = 0.99),
    seed = fitservice::parameter("integer", 1L, min = 0, max = .Machine$integer.max)
  )
}

forecast_predict_parameters <- function() {
  list(
    as_of = fitservice::parameter("Date"),
    models = fitservice::parameter("object", required = TRUE),
    horizon_weeks = fitservice::parameter("integer", 4L, min = 1, max = 52),
    anomaly_threshold = fitservice::parameter("double", min = 0.1, max = 10)
  )
}
