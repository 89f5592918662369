# The plain functions, and gaps made with a known hazard of returning.

source(file.path("..", "..", "..", "fitservice", "tests", "testthat", "helper-service.R"), local = TRUE)

folder <- normalizePath(file.path("..", ".."))
for (file in setdiff(list.files(folder, "\\.R$"), "plumber.R")) {
  sys.source(file.path(folder, file), environment())
}

# Fits so small take less time than the processes for them. test-survival-input.R and test-forecast-fit.R
# compare with the service's own number; over HTTP the service uses it.
SERVICE_WORKERS <- WORKERS
WORKERS <- 1L

with_service_workers <- function(value) {
  home <- environment(in_parallel)
  assign("WORKERS", SERVICE_WORKERS, home)
  on.exit(assign("WORKERS", 1L, home))
  force(value)
}

AS_OF <- as.Date("2021-06-30")

# Gaps that start at random in the 90 days up to AS_OF. The chance to return on day u, given no return
# before, is 1 - exp(-rate(u) exp(effects x)): proportional hazards on whole days.
simulated_gaps <- function(n, effects = c(accuracy = 0.6, log_answers = -0.4), seed = 1L,
                           rate = function(u) 0.25 * u^-0.5, n_users = n %/% 4L) {
  set.seed(seed)
  x <- matrix(stats::rnorm(n * length(effects)), n, dimnames = list(NULL, names(effects)))
  hazard <- cumsum(rate(1:200))
  target <- stats::rexp(n) / exp(drop(x %*% effects))
  gap <- findInterval(target, hazard) + 1L
  open_for <- sample(0:89, n, replace = TRUE)
  data.frame(
    user_id = sprintf("u%05d", sample.int(n_users, n, replace = TRUE)), gap_started_on = AS_OF - open_for,
    observed_gap_days = as.integer(pmin(gap, open_for)), returned = gap <= open_for, x
  )
}

# The open gaps, one per learner.
open_gaps <- function(rows) {
  open <- rows[!rows$returned, ]
  open <- open[!duplicated(open$user_id), ]
  open$idle_days <- open$observed_gap_days
  open[c("user_id", "idle_days", setdiff(names(rows), SURVIVAL_STRUCTURE))]
}

fit_parameters <- function(...) {
  values <- lapply(survival_fit_parameters(), function(one) one$default)
  values$as_of <- AS_OF
  utils::modifyList(values, list(...))
}

# Through the same checks as a request, without HTTP.
answer_for <- function(rows, at_risk = open_gaps(rows), ..., closed = NULL) {
  endpoint <- fitservice::endpoint(
    "/survival/fit", fit_survival,
    tables = list(rows = survival_rows_prototype(), at_risk = survival_at_risk_prototype(),
                  closed_days = survival_closed_days_prototype()),
    parameters = survival_fit_parameters(), check = check_survival_tables
  )
  raw <- lapply(Filter(Negate(is.null), list(rows = rows, at_risk = at_risk, closed_days = closed)), raw_form)
  fitservice::run_endpoint(endpoint, raw, utils::modifyList(list(as_of = format(AS_OF)), list(...)))
}

raw_form <- function(frame) {
  text_of <- function(x) if (is.double(x) && !inherits(x, "Date")) sprintf("%.17g", x) else as.character(x)
  is_null <- function(x) if (is.double(x)) is.na(x) & !is.nan(x) else is.na(x)
  cells <- lapply(frame, text_of)
  cells <- Map(function(text, x) replace(text, is_null(x), NA_character_), cells, frame)
  list(cells = cells, kinds = NULL, n = nrow(frame))
}

refusal <- function(...) tryCatch(answer_for(...), service_error = function(cause) cause)

problem_places <- function(cause) {
  problems <- cause$detail$problems
  paste(problems$table, problems$column, problems$row)
}
