# From a fitted model to risks. H(u|x) is the cumulative hazard of returning within u days and
# G(u|x) = exp(-H(u|x)) the probability that a gap lasts longer than u days. The risk over h days after
# k idle days is S = G(k+h|x) / G(k|x) = exp(-(H(k+h|x) - H(k|x))), so S over h1 + h2 days is the product.

MIN_AT_RISK <- 20L
EXTENSION_DAYS <- 14L
EXTENSION_RETURNS <- 5L

# The stored model: all that scoring needs, plain enough for JSON.
return_model <- function(plan, effects, cut_days, rows, design) {
  baseline <- baseline_hazard(rows$observed_gap_days, rows$returned, design %*% effects, cut_days)
  c(list(cut_days = as.integer(cut_days), covariates = plan$covariates, terms = plan$terms,
         effects = effects),
    supported_part(baseline, rows$observed_gap_days))
}

# Hazard of returning on each day for the average gap, Efron's form: with d returns on a day, R the sum of
# exp(lp) at risk and T that of the returns, sum over l = 0..d-1 of 1 / (R - T l / d).
# lp: matrix gaps x periods. Returns data.frame(day, hazard, n_at_risk, n_returns).
baseline_hazard <- function(days, returned, lp, cut_days) {
  event_days <- sort(unique(days[returned]))
  period <- period_of(event_days, cut_days)
  weights <- exp(lp)
  hazard <- vapply(seq_along(event_days), function(i) {
    at_risk <- days >= event_days[i]
    tied <- returned & days == event_days[i]
    w <- weights[, period[i]]
    d <- sum(tied)
    sum(1 / (sum(w[at_risk]) - sum(w[tied]) * (seq_len(d) - 1) / d))
  }, 1)
  data.frame(day = event_days, hazard = hazard,
             n_at_risk = vapply(event_days, function(u) sum(days >= u), 1L),
             n_returns = vapply(event_days, function(u) sum(returned & days == u), 1L))
}

# Days 1..cut are period 1, later days period 2.
period_of <- function(day, cut_days) findInterval(day, cut_days + 1L) + 1L

# Up to the last day with MIN_AT_RISK gaps at risk the hazard is as estimated. After it the curve goes on
# with the mean daily hazard of the last EXTENSION_DAYS supported days, or of as many more as hold
# EXTENSION_RETURNS returns.
supported_part <- function(baseline, days) {
  longest <- sort(days, decreasing = TRUE)[min(MIN_AT_RISK, length(days))]
  kept <- baseline[baseline$day <= longest, ]
  returns_back <- rev(cumsum(rev(kept$n_returns)))
  enough <- kept$day[returns_back >= EXTENSION_RETURNS]
  window <- min(longest, max(EXTENSION_DAYS, if (length(enough)) longest - max(enough) + 1L else longest))
  recent <- kept$hazard[kept$day > longest - window]
  list(baseline = kept, extension = list(
    from_day = as.integer(longest), daily_hazard = sum(recent) / window, averaged_days = as.integer(window),
    min_at_risk = MIN_AT_RISK
  ))
}

# H(u|x). lp: matrix learners x periods; u: days >= 0, one per learner.
cumulative_hazard <- function(model, lp, u) {
  lower <- c(0, model$cut_days)
  upper <- c(model$cut_days, Inf)
  from <- model$extension$from_day
  total <- numeric(length(u))
  for (j in seq_along(lower)) {
    inside <- model$baseline$day > lower[j] & model$baseline$day <= upper[j]
    steps <- c(0, cumsum(model$baseline$hazard[inside]))
    seen <- steps[findInterval(u, model$baseline$day[inside]) + 1L]
    beyond <- pmax(0, pmin(u, upper[j]) - pmax(from, lower[j])) * model$extension$daily_hazard
    total <- total + (seen + beyond) * exp(lp[, j])
  }
  total
}

# P(no return in the `horizon` days after `idle` idle days). Vectors of one length, or horizon of length 1.
stay_away_probability <- function(model, lp, idle, horizon) {
  exp(-(cumulative_hazard(model, lp, idle + horizon) - cumulative_hazard(model, lp, idle)))
}

linear_predictor <- function(model, data) centred_design(model, data) %*% model$effects

# Curve of the average gap: data.frame(t, S), t = 0..last.
average_curve <- function(model, last) {
  t <- 0:last
  data.frame(t = t, S = exp(-cumulative_hazard(model, matrix(0, length(t), length(model$cut_days) + 1L), t)))
}
