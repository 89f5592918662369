# Naive forecasts and exponential smoothing. `train` is a series on its scale,
# one value per week up to the origin; a week that is missing or was left out is NA. Each returns `horizon`
# numbers, NA where it has too few values.

# In the order of their simplicity, by which ties are settled.
METHODS <- c("naive", "naive_drift", "ets", "prophet")
MIN_KNOWN <- c(naive = 1L, naive_drift = 3L, ets = 8L, prophet = 26L)

naive_path <- function(train, horizon) {
  known <- which(!is.na(train))
  if (length(known) < MIN_KNOWN[["naive"]]) return(rep(NA_real_, horizon))
  rep(train[known[length(known)]], horizon)
}

# A random walk with drift: the line from the first value to the last goes on.
naive_drift_path <- function(train, horizon) {
  known <- which(!is.na(train))
  if (length(known) < MIN_KNOWN[["naive_drift"]]) return(rep(NA_real_, horizon))
  last <- known[length(known)]
  train[last] + drift_slope(train) * (length(train) - last + seq_len(horizon))
}

drift_slope <- function(train) {
  ends <- range(which(!is.na(train)))
  diff(train[ends]) / diff(ends)
}

# A method is estimated again once its history has grown by this share, but not every week: what few weeks say
# of parameters changes soon, what 150 weeks say does not. Between, the parameters stand.
REFIT_GROWTH <- 0.1
REFIT_WEEKS <- 4L

is_refit_due <- function(age, n_weeks) age >= max(REFIT_WEEKS, REFIT_GROWTH * n_weeks)

# Exponential smoothing without season, errors additive, trend none, additive or damped by AICc
# (forecast::ets). A week that is NA is filled with what the state expected of it, that is, with an error of
# 0, as a filter would have it. state: NULL, or the value of one week before; must_fit: estimate whatever its
# age. Returns NULL, or list(level, slope, alpha, beta, phi, filled, age).
ets_state <- function(train, state = NULL, must_fit = FALSE) {
  if (sum(!is.na(train)) < MIN_KNOWN[["ets"]]) return(NULL)
  if (is.null(state)) return(estimate_ets(carried_forward(train)))
  state <- ets_step(state, train[length(train)])
  if (must_fit || is_refit_due(state$age, length(train))) estimate_ets(state$filled) else state
}

# Before there is a state, a gap is filled with the last value.
carried_forward <- function(train) {
  known <- !is.na(train)
  train[known][cumsum(known)]
}

estimate_ets <- function(filled) {
  if (max(filled) - min(filled) <= VANISHING) return(NULL) # nothing to smooth
  fitted <- forecast::ets(stats::ts(filled), model = "AZN")
  par <- function(name, absent) if (name %in% names(fitted$par)) fitted$par[[name]] else absent
  last <- fitted$states[nrow(fitted$states), ]
  list(level = last[["l"]], slope = if ("b" %in% names(last)) last[["b"]] else 0, alpha = par("alpha", 0),
       beta = par("beta", 0), phi = par("phi", 1), filled = filled, age = 0L)
}

# Hyndman et al., Forecasting with Exponential Smoothing (2008), table 2.1, in error correction form.
ets_step <- function(state, value) {
  damped <- state$phi * state$slope
  expected <- state$level + damped
  error <- if (is.na(value)) 0 else value - expected
  state$level <- expected + state$alpha * error
  state$slope <- damped + state$beta * error
  state$filled <- c(state$filled, expected + error)
  state$age <- state$age + 1L
  state
}

ets_path <- function(state, horizon) {
  if (is.null(state)) return(rep(NA_real_, horizon))
  state$level + state$slope * cumsum(state$phi^seq_len(horizon))
}
