# The report of a fit: coefficients, hazard ratios, diagnostics.

# data.frame(term, estimate, se, robust_se, z, p). A term "x:after_day_3" is the change of x's effect
# after that day. z and p use the robust error where there is one.
coefficient_table <- function(final, robust_se, terms, changing) {
  labels <- c(terms, if (length(changing)) paste0(terms[changing], ":after_day_", EFFECT_CHANGE_DAY))
  if (is.null(robust_se)) robust_se <- NA_real_
  z <- known_or_na(final$estimate / ifelse(is.na(robust_se), final$se, robust_se))
  data.frame(term = labels, estimate = final$estimate, se = final$se, robust_se = robust_se, z = z,
             p = 2 * stats::pnorm(-abs(z)))
}

hazard_ratio_table <- function(coefficients) {
  error <- ifelse(is.na(coefficients$robust_se), coefficients$se, coefficients$robust_se)
  half_width <- stats::qnorm(0.975) * error
  data.frame(term = coefficients$term, hazard_ratio = finite_exp(coefficients$estimate),
             lower = finite_exp(coefficients$estimate - half_width),
             upper = finite_exp(coefficients$estimate + half_width))
}

# A bound too large for a number is unknown (null), never infinite.
finite_exp <- function(x) {
  value <- exp(x)
  value[!is.finite(value)] <- NA_real_
  value
}

fit_diagnostics <- function(final, test, changing, terms, rows) {
  list(
    ties = list(method = "efron", n_return_days = length(unique(rows$observed_gap_days[rows$returned]))),
    variance = "robust, by learner",
    ridge = list(used = any(final$ridged), terms = I(c(terms, terms[changing])[final$ridged]),
                 theta = if (any(final$ridged)) RIDGE_THETA,
                 returns_per_term = sum(rows$returned) / length(final$estimate),
                 rule = sprintf("ridge below %d returns per term, or informing a term",
                                RIDGE_BELOW_RETURNS_PER_TERM)),
    proportional_hazards = c(test, list(remedy = remedy_text(test, changing, terms))),
    warnings = I(final$warnings)
  )
}

formula_text <- function(coefficients) {
  terms <- paste(coefficients$term, collapse = " + ")
  paste("Surv(observed_gap_days, returned) ~", terms, "+ cluster(user_id)")
}
