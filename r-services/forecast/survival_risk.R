# From a fitted model to risks. H(u|x) is the cumulative hazard of returning within u days and
# G(u|x) = exp(-H(u|x)) the probability that a gap lasts longer than u days. The risk over h days after
# k idle days is S = G(k+h|x) / G(k|x) = exp(-(H(k+h|x) - H(k|x))), so S over h1 + h2 days is the product.

MIN_AT_RISK <- 20L
EXTENSION_DAYS <- 14L
EXTENSION_RETURNS <- 5L

# The stored model: all that scoring needs, plain enough for JSON.
return_model <- function(plan, effects, cut_days, rows) {
  relations <- list(cut_days = as.integer(cut_days), covariates = plan$covariates, terms = plan$terms,
                    effects = effects)
  lp <- linear_predictor(relations, rows)
  baseline <- baseline_hazard(rows$observed_gap_days, rows$returned, lp, cut_days)
  c(relations, supported_part(baseline, rows$observed_gap_days))
}

# Hazard of returning on each day for the average gap, Efron's form: with d returns on a day, R the sum of
# exp(lp) at risk and T that of the returns, sum over l = 0..d-1 of 1 / (R - T l / d).
# lp: matrix gaps x periods. Returns data.frame(day, hazard, n_at_risk, n_returns).
baseline_hazard <- function(days, returned, lp, cut_days) {
  weights <- cbind(exp(lp), 1)
  last <- max(days)
  tied <- sums_by_day(weights[returned, , drop = FALSE], days[returned], last)
  event_days <- which(tied[, ncol(tied)] > 0)
  tied <- tied[event_days, , drop = FALSE]
  at_risk <- from_day_on(sums_by_day(weights, days, last))[event_days, , drop = FALSE]
  n_returns <- tied[, ncol(tied)]
  now <- cbind(seq_along(event_days), period_of(event_days, cut_days))
  efron <- function(r, t, d) sum(1 / (r - t * (seq_len(d) - 1) / d))
  data.frame(day = event_days, hazard = mapply(efron, at_risk[now], tied[now], n_returns),
             n_at_risk = as.integer(at_risk[, ncol(at_risk)]), n_returns = as.integer(n_returns))
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
cumulative_hazard <- function(model, lp, u) rowSums(baseline_by_period(model, u) * exp(lp))

# H(day|x) for one day and many; relative: exp(lp).
hazard_until <- function(model, relative, day) drop(relative %*% drop(baseline_by_period(model, day)))

# The part of the average gap's H(u) that falls into each period: matrix of length(u) x periods.
baseline_by_period <- function(model, u) {
  lower <- c(0, model$cut_days)
  upper <- c(model$cut_days, Inf)
  from <- model$extension$from_day
  parts <- lapply(seq_along(lower), function(j) {
    inside <- model$baseline$day > lower[j] & model$baseline$day <= upper[j]
    steps <- c(0, cumsum(model$baseline$hazard[inside]))
    seen <- steps[findInterval(u, model$baseline$day[inside]) + 1L]
    seen + pmax(0, pmin(u, upper[j]) - pmax(from, lower[j])) * model$extension$daily_hazard
  })
  matrix(unlist(parts), length(u), length(lower))
}

# The curve of all gaps without covariates (Kaplan and Meier 1958), in the form of a model with one period.
kaplan_meier <- function(rows) {
  rows <- gaps_with_days(rows)
  curve <- baseline_hazard(rows$observed_gap_days, rows$returned, matrix(0, nrow(rows)), integer())
  # a day on which all return would be an infinite hazard
  curve$hazard <- -log1p(-pmin(curve$n_returns / curve$n_at_risk, 1 - 1e-9))
  c(list(cut_days = integer()), supported_part(curve, rows$observed_gap_days))
}

# P(no return in the `horizon` days after `idle` idle days). Vectors of one length, or horizon of length 1.
stay_away_probability <- function(model, lp, idle, horizon) {
  exp(-(cumulative_hazard(model, lp, idle + horizon) - cumulative_hazard(model, lp, idle)))
}

# A logarithm of a rate beyond which nothing is left to distinguish, and exp() still gives a number.
LARGEST_LOG_RATE <- 500

# Matrix rows of data x periods, within LARGEST_LOG_RATE.
linear_predictor <- function(model, data) {
  if (nrow(data) == 0L) return(matrix(0, 0L, ncol(model$effects)))
  parts <- lapply(row_blocks(nrow(data)), function(i) centred_design(model, data[i, ]) %*% model$effects)
  pmax(pmin(do.call(rbind, unname(parts)), LARGEST_LOG_RATE), -LARGEST_LOG_RATE)
}

# Curve of the average gap: data.frame(t, S), t = 0..last.
average_curve <- function(model, last) {
  t <- 0:last
  data.frame(t = t, S = exp(-cumulative_hazard(model, matrix(0, length(t), length(model$cut_days) + 1L), t)))
}
