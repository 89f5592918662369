# What the growth endpoints take: zero-row prototypes and parameters. Validation reads these.

ID_COLUMNS <- c("student_id", "student", "user_id")
GROWTH_FORMULAS <- c(
  plain = "score ~ week + (week | student_id)",
  errors = "score | se(se, sigma = TRUE) ~ week + (week | student_id)"
)

growth_id_columns <- function() {
  stats::setNames(rep(list(fitservice::column("character", required = FALSE)), length(ID_COLUMNS)),
                  ID_COLUMNS)
}

# One row per learner and week. `week` is a Monday, or the number of a week where dates are not at hand.
growth_rows_prototype <- function() {
  do.call(fitservice::prototype, c(growth_id_columns(), list(
    week = fitservice::column("Date", or = "integer"),
    score = fitservice::column("double"),
    se = fitservice::column("double", required = FALSE, min = 0),
    required = FALSE
  )))
}

# One row per learner: what is to be reached, by when. A null takes the default.
growth_goals_prototype <- function() {
  do.call(fitservice::prototype, c(growth_id_columns(), list(
    target = fitservice::column("double", nullable = TRUE, required = FALSE),
    goal_date = fitservice::column("Date", nullable = TRUE, required = FALSE),
    goal_week = fitservice::column("integer", nullable = TRUE, required = FALSE),
    required = FALSE
  )))
}

growth_tables <- function() {
  list(rows = growth_rows_prototype(), data = growth_rows_prototype(), goals = growth_goals_prototype())
}

growth_goal_parameters <- function() {
  list(
    target = fitservice::parameter("double", 0),
    goal_horizon_weeks = fitservice::parameter("integer", 4L, min = 0, max = 520),
    level = fitservice::parameter("double", 0.9, min = 0.5, max = 0.999),
    as_of = fitservice::parameter("Date")
  )
}

growth_fit_parameters <- function() {
  c(growth_goal_parameters(), list(
    engine = fitservice::parameter("character", "marginal", choices = c("marginal", "brms")),
    family = fitservice::parameter("character", "gaussian", choices = c("gaussian", "student")),
    formula = fitservice::parameter("character"),
    iter = fitservice::parameter("integer", 1000L, min = 100, max = 20000),
    chains = fitservice::parameter("integer", 2L, min = 1, max = 16),
    priors = fitservice::parameter("object"),
    run_id = fitservice::parameter("character"),
    seed = fitservice::parameter("integer", 1L, min = 0, max = .Machine$integer.max)
  ))
}

growth_predict_parameters <- function() {
  c(growth_goal_parameters(), list(
    mean = fitservice::parameter("double"),
    sd = fitservice::parameter("double", min = 0),
    posterior = fitservice::parameter("object")
  ), fitservice::stored_model_parameters())
}
