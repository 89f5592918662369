# Rows of survival_risk: one per learner, in the C order of user_id.

# at_risk: data.frame(user_id, idle_days, covariates). Returns a data.frame with the columns of
# survival_risk; `contributions` is JSON text. `closed`: closed_days(), for which parameters$as_of is needed.
# open_day_risk is the risk over as many school days as the horizon has days, so it says what the learner
# does, not what the calendar does.
score_learners <- function(model, at_risk, parameters, closed = integer()) {
  at_risk <- at_risk[order(at_risk$user_id, method = "radix"), ]
  lp <- linear_predictor(model, at_risk)
  idle <- school_idle(at_risk$idle_days, parameters$as_of, closed)
  # the effects that hold on the learner's next day
  now <- cbind(seq_len(nrow(at_risk)), period_of(idle + 1L, model$cut_days))
  horizon_days <- parameters$horizon_days
  risk <- stay_away_probability(model, lp, idle, school_horizon(horizon_days, parameters$as_of, closed))
  data.frame(
    user_id = at_risk$user_id, risk_score = risk, idle_days = at_risk$idle_days,
    status = ifelse(idle >= parameters$event_threshold_days, "churned", "active"),
    hazard_ratio = exp(lp[now]),
    rank_percentile = rank(risk, ties.method = "average") / max(1L, length(risk)),
    contributions = contribution_json(model, at_risk, now[, 2L]),
    horizon_days = rep(as.integer(horizon_days), nrow(at_risk)),
    open_day_risk = stay_away_probability(model, lp, idle, horizon_days)
  )
}

# Additive terms of the log hazard of returning, effect * (x - mean), per covariate (its `_missing`
# indicator merged in), worst (most negative) first: [{feature, contribution, value}].
contribution_json <- function(model, at_risk, period) {
  texts <- lapply(row_blocks(nrow(at_risk)), function(i) contributions_of(model, at_risk[i, ], period[i]))
  as.character(unlist(texts, use.names = FALSE))
}

contributions_of <- function(model, at_risk, period) {
  terms <- centred_design(model, at_risk) * t(model$effects)[period, , drop = FALSE]
  features <- unique(model$terms$covariate)
  parts <- vapply(features, function(feature) {
    rowSums(terms[, model$terms$covariate == feature, drop = FALSE])
  }, numeric(nrow(at_risk)))
  parts <- matrix(parts, nrow(at_risk))
  row <- rep(seq_len(nrow(at_risk)), length(features))
  feature <- rep(features, each = nrow(at_risk))
  values <- unlist(lapply(features, function(one) as.double(at_risk[[one]])))
  quoted <- vapply(features, fitservice::json_text, "")
  objects <- paste0("{\"feature\":", quoted[feature],
                    ",\"contribution\":", fitservice::number_text(c(parts)),
                    ",\"value\":", fitservice::number_text(values), "}")
  sorted <- matrix(objects[order(row, c(parts), feature, method = "radix")], nrow = length(features))
  paste0("[", do.call(paste, c(lapply(seq_along(features), function(k) sorted[k, ]), sep = ",")), "]")
}

# Learners whose risk leans on the part of the curve that was carried on.
n_beyond_support <- function(model, idle_days, horizon_days) {
  sum(idle_days + horizon_days > model$extension$from_day)
}
