# Weekly series of known noise, and the forecast fit without HTTP.

MONDAY <- as.Date("2020-01-06")

mondays <- function(n) MONDAY + 7L * (seq_len(n) - 1L)

# Stationary AR(1) noise with innovations of standard deviation 1 (`carry` 1: a random walk).
noise <- function(n, seed, carry = 0) {
  set.seed(seed)
  shocks <- stats::rnorm(n + 50L)
  utils::tail(if (carry == 1) cumsum(shocks) else as.double(stats::filter(shocks, carry, "recursive")), n)
}

# The size of a simulation. `few` is about half of `many` and saves ten seconds; `make test-slow` draws `many`
# (DREAMSEED_SLOW=true). The bounds are the same for both.
draws <- function(few, many) if (identical(Sys.getenv("DREAMSEED_SLOW"), "true")) many else few

# Without Prophet, unless asked for: of noise it is never the best, and it takes most of the time.
rolled <- function(y, ...) {
  settings <- utils::modifyList(list(horizon = 1L, threshold = 2.5, evaluate_weeks = 156L,
                                     methods = METHODS[1:3]),
                                list(...))
  roll_series(list(y = y, weeks = mondays(length(y))), settings)
}

# One series of a metric as rows of the request.
series_rows <- function(value, metric = "answers", scope = "all", n = NA_real_) {
  data.frame(metric = metric, scope = scope, week_start = mondays(length(value)), value = value, n = n)
}

counts <- function(n, seed, level = 6) round(exp(level + 0.2 * noise(n, seed)))

topics_of_counts <- function(topics, weeks) {
  do.call(rbind, lapply(seq_len(topics), function(i) {
    series_rows(counts(weeks, 20L + i), scope = paste0("topic:", i))
  }))
}

forecast_answer <- function(series = NULL, ..., rows = NULL) {
  endpoint <- fitservice::endpoint(
    "/prophet/fit", fit_forecast,
    tables = list(series = forecast_series_prototype(), rows = forecast_rows_prototype()),
    parameters = forecast_parameters(), check = check_forecast_tables
  )
  raw <- lapply(Filter(Negate(is.null), list(series = series, rows = rows)), raw_form)
  fitservice::run_endpoint(endpoint, raw, list(...))
}

forecast_refusal <- function(...) tryCatch(forecast_answer(...), service_error = function(cause) cause)
