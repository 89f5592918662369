# Out-of-time validation: the same fit at an earlier landmark, scored on what happened in the horizon
# after it. Only what was known at the landmark goes in.

MIN_OUTCOMES <- 10L

# data.frame, one row per landmark: landmark_days, n, n_stayed_away, auc, auc_idle, brier, brier_base,
# brier_skill, calibration_slope, calibration_intercept (of the learners active at the landmark), the same
# with `_all` for everybody at risk, and reason (why a value is null, else NA).
validate_landmarks <- function(rows, parameters, progress) {
  landmarks <- parameters$validate_landmarks_days
  measured <- lapply(seq_along(landmarks), function(i) {
    progress("validating", i - 1L, length(landmarks))
    validate_one(rows, landmarks[i], parameters)
  })
  do.call(rbind, measured)
}

validate_one <- function(rows, days_before, parameters) {
  landmark <- parameters$as_of - days_before
  nothing <- function(reason) landmark_row(days_before, c(score_measures(), all = score_measures()), reason)
  if (is.null(rows$gap_started_on)) return(nothing("rows have no gap_started_on"))
  known <- gaps_known_at(rows, landmark, parameters$lookback_days)
  open <- gaps_open_at(rows, landmark, parameters$lookback_days, parameters$horizon_days)
  fit <- tryCatch(fit_return_model(known, robust = FALSE), service_error = function(cause) cause)
  if (inherits(fit, "service_error")) return(nothing(conditionMessage(fit)))
  if (nrow(open) == 0L) return(nothing("nobody was at risk"))
  lp <- linear_predictor(fit$model, open)
  risk <- stay_away_probability(fit$model, lp, open$idle_days, parameters$horizon_days)
  active <- open$idle_days < parameters$event_threshold_days
  measures <- c(score_measures(risk[active], open$stayed_away[active], open$idle_days[active]),
                all = score_measures(risk, open$stayed_away, open$idle_days))
  scarce <- sprintf("fewer than %d active learners on either side of the outcome", MIN_OUTCOMES)
  landmark_row(days_before, measures, if (is.na(measures$brier_skill)) scarce else NA_character_)
}

landmark_row <- function(days_before, measures, reason) {
  names(measures) <- sub("^all\\.(.*)$", "\\1_all", names(measures))
  data.frame(landmark_days = days_before, measures, reason = reason)
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

# How well probabilities match outcomes. Base: one probability for all, the share observed (hindsight, so a
# hard base). Slope and intercept: logistic regression of the outcome on the log odds (Cox 1958).
score_measures <- function(risk = numeric(), outcome = logical(), idle = numeric()) {
  measures <- list(n = length(risk), n_stayed_away = sum(outcome), auc = NA_real_, auc_idle = NA_real_,
                   brier = NA_real_, brier_base = NA_real_, brier_skill = NA_real_,
                   calibration_slope = NA_real_, calibration_intercept = NA_real_)
  if (min(sum(outcome), sum(!outcome)) < MIN_OUTCOMES) return(measures)
  base <- mean(outcome) * (1 - mean(outcome))
  brier <- mean((risk - outcome)^2)
  line <- calibration_line(risk, outcome)
  utils::modifyList(measures, list(
    auc = area_under_curve(risk, outcome), auc_idle = area_under_curve(idle, outcome), brier = brier,
    brier_base = base, brier_skill = 1 - brier / base, calibration_slope = line[[2L]],
    calibration_intercept = line[[1L]]
  ))
}

# Probability that a learner who stayed away had the higher score; ties count half (Mann-Whitney).
area_under_curve <- function(score, outcome) {
  ranks <- rank(score)
  n_yes <- sum(outcome)
  (sum(ranks[outcome]) - n_yes * (n_yes + 1) / 2) / (n_yes * as.double(sum(!outcome)))
}

# c(intercept, slope), NA if the regression does not converge (complete separation).
calibration_line <- function(risk, outcome) {
  log_odds <- stats::qlogis(pmin(pmax(risk, 1e-9), 1 - 1e-9))
  if (max(log_odds) == min(log_odds)) return(c(NA_real_, NA_real_))
  fit <- suppressWarnings(stats::glm.fit(cbind(1, log_odds), as.double(outcome), family = stats::binomial()))
  if (!fit$converged || any(!is.finite(fit$coefficients))) return(c(NA_real_, NA_real_))
  unname(fit$coefficients)
}
