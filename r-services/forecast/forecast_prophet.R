# Prophet (Taylor and Letham 2018, The American Statistician 72), as its authors publish it, with its
# parameters kept in a form from which its forecasts follow without the package.

# Weeks of history from which a yearly season can be separated from a trend: two years, as in Prophet.
YEARLY_FROM_WEEKS <- 104L

#' Fit Prophet to a weekly series.
#'
#' @param weeks Dates, one a week. @param train Values on their scale; NA is left out, as Prophet does itself.
#' @return list(origin, span_days, lift, y_scale, k, m, changes(t, delta), beta), or NULL with too few values.
prophet_model <- function(weeks, train) {
  known <- which(!is.na(train))
  if (length(known) < MIN_KNOWN[["prophet"]]) return(NULL)
  lift <- lift_of(train[known])
  history <- data.frame(ds = weeks[known], y = train[known] + lift)
  yearly <- max(known) - min(known) + 1L >= YEARLY_FROM_WEEKS
  fitted <- quietly(prophet::prophet(
    history, yearly.seasonality = yearly, weekly.seasonality = FALSE, daily.seasonality = FALSE,
    n.changepoints = min(25L, floor(0.8 * nrow(history)) - 1L), uncertainty.samples = 0, algorithm = "LBFGS"
  ))
  list(
    origin = min(history$ds), span_days = as.double(diff(range(history$ds))), lift = lift,
    y_scale = fitted$y.scale,
    k = fitted$params$k, m = fitted$params$m,
    changes = data.frame(t = fitted$changepoints.t, delta = drop(fitted$params$delta)),
    beta = if (yearly) drop(fitted$params$beta) else numeric()
  )
}

# Prophet divides by the largest absolute value, so its priors depend on the place of the zero, which has no
# meaning on our scales, and near 0 its optimiser fails. Lifted, a series lies between one and two
# times its own range.
lift_of <- function(y) max(y) - 2 * min(y)

# Where the optimiser's line search ends early, rstan warns and Prophet goes on with Newton's method, as it
# should.
quietly <- function(fit) {
  withCallingHandlers(suppressMessages(fit), warning = function(cause) {
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
  angle <- 2 * pi * outer(as.double(dates) / 365.25, seq_len(length(beta) / 2L))
  waves <- matrix(0, length(dates), length(beta))
  waves[, c(TRUE, FALSE)] <- sin(angle)
  waves[, c(FALSE, TRUE)] <- cos(angle)
  drop(waves %*% beta)
}

# Loading Prophet and its Stan program takes a second; done before processes fork, it is done once.
load_prophet <- function() {
  weeks <- as.Date("2020-01-06") + 7L * seq_len(MIN_KNOWN[["prophet"]])
  invisible(prophet_model(weeks, as.double(seq_along(weeks) %% 5L)))
}

# Prophet is estimated again after so many weeks; between, its parameters stand.
PROPHET_WEEKS <- 4L

# state: NULL, or the value of one week before; must_fit: fit whatever its age. Returns NULL, or
# list(model, age).
prophet_state <- function(weeks, train, state = NULL, must_fit = FALSE) {
  if (!is.null(state) && state$age + 1L < PROPHET_WEEKS && !must_fit) {
    return(list(model = state$model, age = state$age + 1L))
  }
  model <- prophet_model(weeks, train)
  if (!is.null(model)) list(model = model, age = 0L)
}

prophet_path <- function(state, week, horizon) {
  if (is.null(state)) return(rep(NA_real_, horizon))
  prophet_at(state$model, week + 7L * seq_len(horizon))
}
