# Validation by learners: the fit without a fifth of the learners, scored on the gaps of that fifth, against
# the Kaplan-Meier curve of the same gaps. A learner is never on both sides.

N_FOLDS <- 5L

fold_tasks <- function(rows, parameters) {
  rows <- gaps_with_days(rows)
  fold <- fold_of(rows$user_id)
  shared <- list(censoring = censoring_curve(rows), last_day = kaplan_meier(rows)$extension$from_day)
  lapply(seq_len(N_FOLDS), function(k) function() validate_fold(rows, fold == k, shared, parameters))
}

# From the learner's id alone, so that neither order nor other learners move anybody.
fold_of <- function(user_id) {
  learners <- unique(user_id)
  (digest::digest2int(learners) %% N_FOLDS + 1L)[match(user_id, learners)]
}

# data.frame of one row: sizes, concordance with its pairs, integrated Brier scores (means over days
# 1..last_day).
validate_fold <- function(rows, tested, shared, parameters) {
  fit <- tryCatch(fit_return_model(rows[!tested, ], robust = FALSE), service_error = function(cause) cause)
  held <- rows[tested, ]
  row <- data.frame(n_learners = length(unique(held$user_id)), n_gaps = nrow(held), concordance = NA_real_,
                    pairs = 0, integrated_brier = NA_real_, integrated_brier_km = NA_real_,
                    reason = NA_character_)
  if (inherits(fit, "service_error")) return(replace(row, "reason", conditionMessage(fit)))
  if (nrow(held) == 0L) return(replace(row, "reason", "no gap in this fold"))
  days <- seq_len(shared$last_day)
  relative <- exp(linear_predictor(fit$model, held))
  curve <- kaplan_meier(rows[!tested, ])
  brier <- function(lasting) known_or_na(mean(brier_under_censoring(held, days, shared$censoring, lasting)))
  row$integrated_brier <- brier(function(day) exp(-hazard_until(fit$model, relative, day)))
  row$integrated_brier_km <- brier(function(day) rep(exp(-hazard_until(curve, matrix(1), day)), nrow(held)))
  row[c("concordance", "pairs")] <- gap_concordance(fit$model, held, parameters$horizon_days)
  row
}

# All folds as one: concordance weighted by pairs, Brier scores by gaps. A fold that could not be fitted
# leaves everything null, with its reason: the rest would be of other learners.
folds_summary <- function(folds) {
  reason <- folds$reason[!is.na(folds$reason)]
  weighted <- function(value, weight) {
    if (length(reason)) return(NA_real_)
    # a fold without a pair to compare has no concordance, and no part in the mean
    known_or_na(sum((value * weight)[weight > 0]) / sum(weight))
  }
  brier <- weighted(folds$integrated_brier, folds$n_gaps)
  brier_km <- weighted(folds$integrated_brier_km, folds$n_gaps)
  list(n_folds = nrow(folds), concordance = weighted(folds$concordance, folds$pairs),
       integrated_brier = brier, integrated_brier_km = brier_km,
       integrated_brier_skill = known_or_na(1 - brier / brier_km),
       reason = if (length(reason)) reason[[1L]] else NA_character_, by_fold = folds)
}
