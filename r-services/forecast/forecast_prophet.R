# Prophet (Taylor and Letham 2018, The American Statistician 72), as its authors publish it, with its
# parameters kept in a form from which its forecasts follow without the package.

# Weeks of history from which a yearly season can be separated from a trend: two years, as in Prophet.
YEARLY_FROM_WEEKS <- 104L

# Prophet's own defaults: prior standard deviations of the season and of slope changes, the number of dates at
# which the slope may change, and the part of the history in which they lie.
SEASON_PRIOR <- 10
CHANGE_PRIOR <- 0.05
CHANGE_DATES <- 25L
CHANGE_RANGE <- 0.8
YEARLY_WAVES <- 10L
DAY_SECONDS <- 86400

#' Fit Prophet to a weekly series.
#'
#' The package's compiled Stan program gets the data that prophet::prophet() would give it, to the last digit
#' (a test compares the two): the package's preparation of data takes twice as long as the fit.
#'
#' @param weeks Dates, one a week. @param train Values on their scale; NA is left out, as Prophet does itself.
#' @return list(origin, span_days, lift, y_scale, k, m, changes(t, delta), beta), or NULL with too few values.
prophet_model <- function(weeks, train) {
  known <- which(!is.na(train))
  if (length(known) < MIN_KNOWN[["prophet"]]) return(NULL)
  yearly <- max(known) - min(known) + 1L >= YEARLY_FROM_WEEKS
  lift <- lift_of(train[known])
  y_scale <- max(abs(train[known] + lift))
  if (y_scale == 0) y_scale <- 1 # a series that never moved
  data <- prophet_data(weeks[known], (train[known] + lift) / y_scale, yearly)
  found <- prophet_optimum(data)
  list(
    origin = weeks[known[1L]], span_days = as.double(diff(range(weeks[known]))), lift = lift,
    y_scale = y_scale, k = c(found$k), m = c(found$m),
    changes = data.frame(t = c(data$t_change), delta = c(found$delta)),
    beta = if (yearly) c(found$beta) else numeric()
  )
}

# What prophet::fit.prophet() calls `dat`; dates: of the known weeks, y: their values divided by the largest.
prophet_data <- function(dates, y, yearly) {
  n <- length(dates)
  t <- as.double(dates - dates[1L]) * DAY_SECONDS / (as.double(dates[n] - dates[1L]) * DAY_SECONDS)
  n_dates <- min(CHANGE_DATES, floor(CHANGE_RANGE * n) - 1L)
  at <- round(seq.int(1, floor(n * CHANGE_RANGE), length.out = n_dates + 1L))[-1L]
  waves <- if (yearly) yearly_waves(dates, YEARLY_WAVES) else matrix(0, n, 1L)
  list(T = n, K = ncol(waves), S = n_dates, y = y, t = t, t_change = array(t[at]), X = waves,
       sigmas = array(rep(if (yearly) SEASON_PRIOR else 1, ncol(waves))), tau = CHANGE_PRIOR,
       trend_indicator = 0, s_a = array(rep(1, ncol(waves))), s_m = array(rep(0, ncol(waves))),
       cap = rep(0, n))
}

# The mode of the posterior. LBFGS also for few weeks; where its line search ends early, Newton's method goes
# on, as in Prophet.
prophet_optimum <- function(data) {
  slope <- (data$y[data$T] - data$y[1L]) / (data$t[data$T] - data$t[1L])
  start <- function() {
    list(k = slope, m = data$y[1L] - slope * data$t[1L], delta = array(rep(0, data$S)),
         beta = array(rep(0, data$K)), sigma_obs = 1)
  }
  if (min(data$y) == max(data$y)) return(start()) # as Prophet has it
  program <- get("stanmodels", asNamespace("prophet"))$prophet
  for (algorithm in c("LBFGS", "Newton")) {
    found <- quietly(rstan::optimizing(program, data = data, init = start, algorithm = algorithm,
                                       iter = 10000L, as_vector = FALSE))
    if (found$return_code == 0L) break
  }
  found$par
}

# Prophet divides by the largest absolute value, so its priors depend on the place of the zero, which has no
# meaning on our scales, and near 0 its optimiser fails. Lifted, a series lies between one and two
# times its own range.
lift_of <- function(y) max(y) - 2 * min(y)

# Where the optimiser's line search ends early, rstan warns.
quietly <- function(fit) {
  withCallingHandlers(fit, warning = function(cause) {
    if (grepl("non-zero return code in optimizing", conditionMessage(cause), fixed = TRUE)) {
      invokeRestart("muffleWarning")
    }
  })
}

# Trend m + k t with slope changes, and a yearly Fourier series, of dates on the model's own scale of time.
prophet_at <- function(model, dates) {
  t <- as.double(dates - model$origin) / model$span_days
  after <- outer(t, model$changes$t, function(t, change) pmax(t - change, 0))
  trend <- model$m + model$k * t + drop(after %*% model$changes$delta)
  model$y_scale * (trend + yearly_season(dates, model$beta)) - model$lift
}

# beta holds sine and cosine of 1, 2, ... cycles a year of 365.25 days since 1970, in turn.
yearly_season <- function(dates, beta) {
  if (length(beta) == 0L) return(numeric(length(dates)))
  drop(yearly_waves(dates, length(beta) / 2L) %*% beta)
}

# [date, 2 n_waves]; in the order of operations of prophet::fourier_series(), so that the last digit is the
# same.
yearly_waves <- function(dates, n_waves) {
  angle <- outer(as.double(dates), seq_len(n_waves), function(day, cycle) 2 * cycle * pi * day / 365.25)
  waves <- matrix(0, length(dates), 2L * n_waves)
  waves[, c(TRUE, FALSE)] <- sin(angle)
  waves[, c(FALSE, TRUE)] <- cos(angle)
  waves
}

# Loading Prophet and its Stan program takes a second; done before processes fork, it is done once.
load_prophet <- function() {
  weeks <- as.Date("2020-01-06") + 7L * seq_len(MIN_KNOWN[["prophet"]])
  invisible(prophet_model(weeks, as.double(seq_along(weeks) %% 5L)))
}

# state: NULL, or the value of one week before; must_fit: fit whatever its age. Returns NULL, or
# list(model, age).
prophet_state <- function(weeks, train, state = NULL, must_fit = FALSE) {
  if (!is.null(state) && !must_fit && !is_refit_due(state$age + 1L, length(train))) {
    return(list(model = state$model, age = state$age + 1L))
  }
  model <- prophet_model(weeks, train)
  if (!is.null(model)) list(model = model, age = 0L)
}

prophet_path <- function(state, week, horizon) {
  if (is.null(state)) return(rep(NA_real_, horizon))
  prophet_at(state$model, week + 7L * seq_len(horizon))
}
