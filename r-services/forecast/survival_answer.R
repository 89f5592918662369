# The answer of the survival fit: meta data, gates, notices, landing rows.

model_meta <- function(fit, validation, folds, parameters, at_risk) {
  n_beyond <- n_beyond_support(fit$model, at_risk$idle_days, parameters$horizon_days)
  list(
    n = fit$n, n_events = fit$n_events, formula = formula_text(fit$coefficients), family = parameters$family,
    event_threshold_days = parameters$event_threshold_days, horizon_days = parameters$horizon_days,
    coefficients = fit$coefficients, hazard_ratios = hazard_ratio_table(fit$coefficients),
    concordance = fit$concordance,
    baseline = list(days = I(fit$model$baseline$day), hazard = I(fit$model$baseline$hazard),
                    cumulative_hazard = I(cumsum(fit$model$baseline$hazard))),
    diagnostics = c(fit$diagnostics, list(
      converged = fit$converged,
      extension = c(fit$model$extension,
                    list(n_learners_scored = nrow(at_risk), n_learners_beyond = n_beyond)),
      validation = validation, folds = folds,
      model = stored_model(fit$model, parameters)
    ))
  )
}

meta_row <- function(meta, curve) {
  data.frame(
    formula = meta$formula, family = meta$family, event_threshold_days = meta$event_threshold_days,
    coefficients = fitservice::json_text(meta$coefficients),
    hazard_ratios = fitservice::json_text(meta$hazard_ratios), concordance = meta$concordance,
    n = meta$n, n_events = meta$n_events, survival_curve = fitservice::json_text(curve),
    diagnostics = fitservice::json_text(meta$diagnostics)
  )
}

# contributions as JSON inside JSON, not as text
nested <- function(risk) {
  risk$contributions <- structure(risk$contributions, class = "json")
  risk
}

# A covariate that predicts better than this who stays away contains later information.
LEAK_ABOVE <- 0.995

# The mean S of a landmark may differ from the share that stayed away by so much, beyond what chance does: the
# band of the ledger's weeks (docs/adr/0011).
LARGEST_SHARE_GAP <- 0.1
GAP_ERRORS <- 3

# Skill and slope as means over the landmarks. A mean hides what has just changed, such as a holiday that no
# calendar announced, so the newest landmark is also judged on its own.
survival_gates <- function(fit, validation) {
  known <- validation[!is.na(validation$brier_skill), ]
  # also where all stayed away, or none: then there is no skill to measure, but a share
  judged <- validation[!is.na(validation$mean_risk), ]
  newest <- judged[which.min(judged$landmark_days), ]
  gap <- newest$mean_risk - newest$n_stayed_away / newest$n
  band <- LARGEST_SHARE_GAP + GAP_ERRORS * newest$mean_risk_se
  only <- function(x) if (length(x)) x else NA_real_
  data.frame(
    name = c("converged", "n_returns", "brier_skill", "calibration_slope", "covariate_auc",
             "newest_share_gap"),
    value = c(as.double(fit$converged), fit$n_events, known_or(mean, known$brier_skill),
              known_or(mean, known$calibration_slope), known_or(max, known$covariate_auc), only(gap)),
    lower = c(1, MIN_RETURNS, 0, 0.5, NA, only(-band)), upper = c(NA, NA, NA, 2, LEAK_ABOVE, only(band))
  )
}

# `summary` of the landmarks that could be measured; NA if none could.
known_or <- function(summary, x) if (all(is.na(x))) NA_real_ else summary(x[!is.na(x)])

validation_notices <- function(validation) {
  silent <- validation[!is.na(validation$reason), ]
  leaking <- validation[which(validation$covariate_auc > LEAK_ABOVE), ]
  c(if (nrow(silent)) {
    sprintf("no validation at %d days before as_of: %s.", silent$landmark_days, silent$reason)
  },
    if (nrow(leaking)) {
      sprintf(paste("covariate %s alone predicts who stays away (AUC %.4f at %d days before as_of):",
                    "it knows what came later."),
              leaking$covariate, leaking$covariate_auc, leaking$landmark_days)
    })
}

extension_notice <- function(model, at_risk, horizon_days) {
  n_beyond <- n_beyond_support(model, at_risk$idle_days, horizon_days)
  if (n_beyond > 0L) {
    sprintf(paste("beyond day %d fewer than %d gaps were at risk; the curve goes on with the mean hazard",
                  "of the %d days before, which concerns %d of %d learners."),
            model$extension$from_day, MIN_AT_RISK, model$extension$averaged_days, n_beyond, nrow(at_risk))
  }
}
