# How well probabilities and risks match what happened. A measure that is not defined (0 / 0) is NA, never
# NaN.

known_or_na <- function(x) replace(x, !is.finite(x), NA_real_)

MIN_OUTCOMES <- 10L

# Measures of probabilities `risk` of `outcome` against two baselines: one probability for all, the share
# observed (hindsight, so a hard baseline), and `risk_idle`, from the days idle alone. Slope and
# intercept: logistic regression of the outcome on the log odds (Cox 1958). Flagged: risk >= threshold.
# mean_risk_se: by how much the share observed differs from mean_risk by chance, if all risks are right.
score_measures <- function(risk = numeric(), outcome = logical(), idle = numeric(), risk_idle = risk,
                           threshold = 0.7) {
  measures <- list(n = length(risk), n_stayed_away = sum(outcome),
                   mean_risk = known_or_na(mean(risk)),
                   mean_risk_se = known_or_na(sqrt(sum(risk * (1 - risk))) / length(risk)),
                   auc = NA_real_, auc_idle = NA_real_,
                   brier = NA_real_, brier_base = NA_real_, brier_idle = NA_real_, brier_skill = NA_real_,
                   brier_skill_idle = NA_real_, calibration_slope = NA_real_,
                   calibration_intercept = NA_real_,
                   n_flagged = sum(risk >= threshold), precision = NA_real_, recall = NA_real_)
  if (min(sum(outcome), sum(!outcome)) < MIN_OUTCOMES) return(measures)
  base <- mean(outcome) * (1 - mean(outcome))
  brier <- mean((risk - outcome)^2)
  brier_idle <- mean((risk_idle - outcome)^2)
  line <- calibration_line(risk, outcome)
  hits <- sum(outcome[risk >= threshold])
  utils::modifyList(measures, list(
    auc = area_under_curve(risk, outcome), auc_idle = area_under_curve(idle, outcome), brier = brier,
    brier_base = base, brier_idle = brier_idle, brier_skill = 1 - brier / base,
    brier_skill_idle = known_or_na(1 - brier / brier_idle), calibration_slope = line[[2L]],
    calibration_intercept = line[[1L]],
    precision = if (measures$n_flagged > 0L) hits / measures$n_flagged else NA_real_,
    recall = hits / sum(outcome)
  ))
}

# Probability that a learner who stayed away had the higher score; ties count half (Mann-Whitney).
area_under_curve <- function(score, outcome) {
  ranks <- rank(score)
  n_yes <- sum(outcome)
  (sum(ranks[outcome]) - n_yes * (n_yes + 1) / 2) / (n_yes * as.double(sum(!outcome)))
}

# The column of `design` that alone predicts the outcome best, in either direction: data.frame(covariate_auc,
# covariate). Close to 1 means that it contains later information.
best_covariate <- function(design, outcome) {
  if (min(sum(outcome), sum(!outcome)) < MIN_OUTCOMES) {
    return(data.frame(covariate_auc = NA_real_, covariate = NA_character_))
  }
  areas <- apply(design, 2L, area_under_curve, outcome)
  areas <- pmax(areas, 1 - areas)
  best <- which.max(areas)
  data.frame(covariate_auc = areas[[best]], covariate = colnames(design)[best])
}

# c(intercept, slope), NA if the regression does not converge (complete separation).
calibration_line <- function(risk, outcome) {
  log_odds <- stats::qlogis(pmin(pmax(risk, 1e-9), 1 - 1e-9))
  if (max(log_odds) == min(log_odds)) return(c(NA_real_, NA_real_))
  fit <- suppressWarnings(stats::glm.fit(cbind(1, log_odds), as.double(outcome), family = stats::binomial()))
  if (!fit$converged || any(!is.finite(fit$coefficients))) return(c(NA_real_, NA_real_))
  unname(fit$coefficients)
}

# Harrell's concordance of gaps with the hazard of returning within the horizon: how often, of two gaps whose
# order is known, the one that ended first had the higher hazard. list(concordance, pairs); NA without a pair,
# as where all gaps are of one length.
gap_concordance <- function(model, rows, horizon_days) {
  hazard <- hazard_until(model, exp(linear_predictor(model, rows)), horizon_days)
  found <- survival::concordancefit(survival::Surv(rows$observed_gap_days, rows$returned), hazard,
                                    reverse = TRUE, std.err = FALSE)
  list(concordance = known_or_na(unname(found$concordance)),
       pairs = sum(found$count[c("concordant", "discordant", "tied.x")]))
}

# For each of `days` the mean squared error of G(day | x) against whether the gap lasts longer, of gaps
# weighted for what censoring hides (Brier score under censoring, Graf et al. 1999, weights made to add up
# to 1): a return counts 1 / C(its day -), a gap that is known to last 1 / C(day), one censored before
# counts nothing; C is the Kaplan-Meier curve of censoring. `lasting` gives G of all rows for one day.
brier_under_censoring <- function(rows, days, censoring, lasting) {
  length_of <- rows$observed_gap_days
  weight <- ifelse(rows$returned, 1 / c(1, censoring)[length_of], 0)
  vapply(days, function(day) {
    g <- lasting(day)
    ended <- length_of <= day
    lasts <- if (all(ended)) 0 else 1 / censoring[day]
    error <- sum((g^2 * weight)[ended]) + sum((1 - g[!ended])^2) * lasts
    error / (sum(weight[ended]) + sum(!ended) * lasts)
  }, 1)
}

# C(1), C(2), ..: share of gaps still under observation after each day; returns of a day come before its
# censorings.
censoring_curve <- function(rows) {
  last <- max(rows$observed_gap_days)
  ended <- tabulate(rows$observed_gap_days, last)
  censored <- tabulate(rows$observed_gap_days[!rows$returned], last)
  at_risk <- rev(cumsum(rev(ended))) - (ended - censored)
  cumprod(1 - ifelse(at_risk > 0, censored / at_risk, 0))
}
