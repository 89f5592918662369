# Rows of survival_risk: one per learner, in the C order of user_id.

# at_risk: data.frame(user_id, idle_days, covariates). Returns a data.frame with the columns of
# survival_risk; `contributions` is JSON text.
score_learners <- function(model, at_risk, event_threshold_days, horizon_days) {
  at_risk <- at_risk[order(at_risk$user_id, method = "radix"), ]
  lp <- linear_predictor(model, at_risk)
  # the effects that hold on the learner's next day
  now <- cbind(seq_len(nrow(at_risk)), period_of(at_risk$idle_days + 1L, model$cut_days))
  risk <- stay_away_probability(model, lp, at_risk$idle_days, horizon_days)
  data.frame(
    user_id = at_risk$user_id, risk_score = risk, idle_days = at_risk$idle_days,
    status = ifelse(at_risk$idle_days >= event_threshold_days, "churned", "active"),
    hazard_ratio = exp(lp[now]),
    rank_percentile = rank(risk, ties.method = "average") / max(1L, length(risk)),
    contributions = contribution_json(model, at_risk, now[, 2L]),
    horizon_days = rep(as.integer(horizon_days), nrow(at_risk))
  )
}

# Additive terms of the log hazard of returning, effect * (x - mean), per covariate (its `_missing`
# indicator merged in), worst (most negative) first: [{feature, contribution, value}].
contribution_json <- function(model, at_risk, period) {
  if (nrow(at_risk) == 0L) return(character())
  terms <- centred_design(model, at_risk) * t(model$effects)[period, , drop = FALSE]
  features <- unique(model$terms$covariate)
  long <- do.call(rbind, lapply(features, function(feature) {
    data.frame(row = seq_len(nrow(at_risk)), feature = feature,
               contribution = rowSums(terms[, model$terms$covariate == feature, drop = FALSE]),
               value = as.double(at_risk[[feature]]))
  }))
  long <- long[order(long$row, long$contribution, long$feature, method = "radix"), ]
  quoted <- vapply(features, fitservice::json_text, "")
  objects <- sprintf("{\"feature\":%s,\"contribution\":%s,\"value\":%s}", quoted[long$feature],
                     fitservice::number_text(long$contribution), fitservice::number_text(long$value))
  by_row <- matrix(objects, nrow = length(features))
  paste0("[", apply(by_row, 2L, paste, collapse = ","), "]")
}

# Learners whose risk leans on the part of the curve that was carried on.
n_beyond_support <- function(model, idle_days, horizon_days) {
  sum(idle_days + horizon_days > model$extension$from_day)
}
