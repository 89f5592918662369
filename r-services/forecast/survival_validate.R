# Out-of-time validation: the same fit at an earlier landmark, scored on what happened in the horizon
# after it. Only what was known at the landmark goes in.

# Each task gives a data.frame of one row: landmark_days, what the fit rested on (n_gaps, n_returns, and the
# days back to its first gap, fewer than the look-back where the rows begin later), the measures of
# score_measures() for the learners active at the landmark, best_covariate() of these, the measures with
# `_all` for everybody at risk, and reason (why a value is null, else NA).
landmark_tasks <- function(rows, parameters, closed = integer()) {
  lapply(parameters$validate_landmarks_days, function(days_before) {
    function() validate_one(rows, days_before, parameters, closed)
  })
}

validate_one <- function(rows, days_before, parameters, closed = integer()) {
  if (is.null(rows$gap_started_on)) return(landmark_row(days_before, reason = "rows have no gap_started_on"))
  landmark <- parameters$as_of - days_before
  known <- in_school_days(gaps_known_at(rows, landmark, parameters$lookback_days), closed)
  open <- gaps_open_at(rows, landmark, parameters$lookback_days, parameters$horizon_days)
  open$idle_days <- school_idle(open$idle_days, landmark, closed)
  horizon <- school_horizon(parameters$horizon_days, landmark, closed)
  fit <- tryCatch(fit_return_model(known, robust = FALSE), service_error = function(cause) cause)
  if (inherits(fit, "service_error")) return(landmark_row(days_before, known, reason = conditionMessage(fit)))
  if (nrow(open) == 0L) return(landmark_row(days_before, known, reason = "nobody was at risk"))
  risk <- stay_away_probability(fit$model, linear_predictor(fit$model, open), open$idle_days, horizon)
  alone <- kaplan_meier(known)
  risk_idle <- stay_away_probability(alone, matrix(0, nrow(open)), open$idle_days, horizon)
  measured <- function(who) {
    score_measures(risk[who], open$stayed_away[who], open$idle_days[who], risk_idle[who],
                   parameters$alert_threshold)
  }
  active <- open$idle_days < parameters$event_threshold_days
  best <- best_covariate(raw_design(fit$model, open[active, ]), open$stayed_away[active])
  landmark_row(days_before, known, measured(active), best, measured(rep(TRUE, nrow(open))))
}

landmark_row <- function(days_before, known = NULL, active = score_measures(),
                         best = best_covariate(NULL, logical()), all = score_measures(), reason = NULL) {
  names(all) <- paste0(names(all), "_all")
  scarce <- sprintf("fewer than %d active learners on either side of the outcome", MIN_OUTCOMES)
  if (is.null(reason)) reason <- if (is.na(active$brier_skill)) scarce else NA_character_
  back <- if (NROW(known)) range(known$gap_started_on, known$gap_started_on + known$observed_gap_days)
  data.frame(landmark_days = days_before, n_gaps = NROW(known), n_returns = sum(known$returned),
             lookback_days = if (is.null(back)) 0L else as.integer(diff(back)) + 1L, active, best, all,
             reason = reason)
}

# The gaps as they looked at the end of the landmark's day.
gaps_known_at <- function(rows, landmark, lookback_days) {
  known <- rows[rows$gap_started_on <= landmark & rows$gap_started_on > landmark - lookback_days, ]
  open_for <- as.integer(landmark - known$gap_started_on)
  known$returned <- known$returned & known$observed_gap_days <= open_for
  known$observed_gap_days <- pmin(known$observed_gap_days, open_for)
  known
}

# Gaps open at the landmark, with idle_days and stayed_away (no return within the horizon).
gaps_open_at <- function(rows, landmark, lookback_days, horizon_days) {
  open_for <- as.integer(landmark - rows$gap_started_on)
  open <- open_for >= 0L & open_for < lookback_days & (!rows$returned | rows$observed_gap_days > open_for)
  gaps <- rows[open, ]
  gaps$idle_days <- open_for[open]
  gaps$stayed_away <- !(gaps$returned & gaps$observed_gap_days <= gaps$idle_days + horizon_days)
  gaps
}
