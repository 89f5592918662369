# The model of the time to return: from gaps to coefficients, their errors and what scoring needs.

MIN_RETURNS <- 50L
RIDGE_BELOW_RETURNS_PER_TERM <- 10L
# A normal prior with standard deviation 0.5 for the effect of one standard deviation: theta = 1 / 0.5^2.
RIDGE_THETA <- 4

# Fit the model. `rows`: data.frame of gaps, `robust`: also the variance by learner.
# Returns list(model, coefficients, converged, diagnostics, notices, n, n_events); raises NOT_ESTIMABLE.
fit_return_model <- function(rows, robust = TRUE) {
  rows <- gaps_with_days(rows)
  check_estimable(rows)
  plan <- design_plan(rows)
  if (NROW(plan$terms) == 0L) {
    fitservice::stop_service("NOT_ESTIMABLE", "No covariate varies between the gaps; at least one must.",
                             list(n_gaps = nrow(rows), notices = I(plan$notices)))
  }
  gaps <- gap_blocks(rows, plan)
  first <- fit_cox(gaps)
  test <- proportional_hazards(first$gaps, first)
  changing <- if (first$converged) changing_terms(rows, test) else integer()
  final <- if (length(changing)) fit_cox(gaps, changing, first$estimate) else first
  effects <- effects_by_period(final$estimate, nrow(plan$terms), changing)
  model <- return_model(plan, effects, if (length(changing)) EFFECT_CHANGE_DAY else integer(), rows)
  robust_se <- if (robust && final$converged) robust_errors(final)
  list(
    model = model, coefficients = coefficient_table(final, robust_se, plan$terms$term, changing),
    converged = final$converged, diagnostics = fit_diagnostics(final, test, changing, plan$terms$term, rows),
    notices = c(plan$notices, ridge_notice(final, plan$terms$term[c(seq_along(plan$terms$term), changing)]),
                final$warnings), n = nrow(rows), n_events = sum(rows$returned)
  )
}

# A gap that began on the last day seen was at risk on no day, so it says nothing.
gaps_with_days <- function(rows) {
  at_risk <- rows$observed_gap_days > 0L
  if (all(at_risk)) rows else rows[at_risk, ]
}

check_estimable <- function(rows) {
  n_returns <- sum(rows$returned)
  if (n_returns < MIN_RETURNS) {
    fitservice::stop_service(
      "NOT_ESTIMABLE", sprintf("There are %d returns in %d gaps; at least %d are needed.",
                               n_returns, nrow(rows), MIN_RETURNS),
      list(n_gaps = nrow(rows), n_returns = n_returns, returns_needed = MIN_RETURNS)
    )
  }
}

# One Cox fit. `changing`: columns of x that get a second effect after EFFECT_CHANGE_DAY, which starts at no
# change from `start`. Ridge holds every effect if there are few returns per effect, else those that few
# returns inform: an indicator without a return on one side would otherwise diverge.
fit_cox <- function(gaps, changing = integer(), start = numeric(n_effects(gaps))) {
  force(start) # before there are changing effects, which start at none
  gaps$changing <- changing
  informing <- informing_returns(gaps)
  ridged <- informing$of_effect < RIDGE_BELOW_RETURNS_PER_TERM |
    informing$all < RIDGE_BELOW_RETURNS_PER_TERM * n_effects(gaps)
  columns <- c(seq_along(start), changing)
  penalty <- ifelse(ridged, RIDGE_THETA * column_sd(gaps)[columns]^2, 0)
  fitted <- maximise_cox(gaps, penalty, c(start, numeric(length(changing))))
  warnings <- cox_warnings(fitted, column_span(gaps)[columns])
  c(fitted[c("estimate", "variance")], list(
    se = sqrt(diag(fitted$variance)), gaps = gaps, ridged = ridged, warnings = warnings,
    converged = length(warnings) == 0L
  ))
}

cox_warnings <- function(fitted, span) {
  endless <- names(span)[abs(fitted$estimate) * span > LARGEST_CONTRAST]
  c(character(), if (!fitted$converged) sprintf("the likelihood has no maximum within %d steps.", MAX_STEPS),
    if (length(endless)) sprintf("the effect of %s runs off: no finite value fits best.", endless))
}

# Sandwich by learner, V (sum over learners of u u') V with score residuals u (Lin and Wei 1989); V is the
# inverse of the penalised information if there is a penalty, for which survival itself offers none.
robust_errors <- function(final) {
  gaps <- final$gaps
  by_learner <- matrix(0, max(vapply(gaps$blocks, function(block) max(block$learner), 1L)), n_effects(gaps))
  for (period in periods_of(gaps)) {
    days <- efron_days(gaps, period, final$estimate)
    for (i in seq_len(nrow(days$spells))) {
      residuals <- score_residuals(gaps, period, final$estimate, days, i)
      sums <- rowsum(residuals, gaps$blocks[[days$spells$block[i]]]$learner, reorder = FALSE)
      learner <- as.integer(rownames(sums))
      by_learner[learner, ] <- by_learner[learner, ] + sums
    }
  }
  meat <- crossprod(by_learner)
  robust <- sqrt(diag(final$variance %*% meat %*% final$variance))
  # An effect of few returns varies less between learners than it is uncertain: use the error with the prior.
  ifelse(final$ridged, pmax(robust, final$se), robust)
}

ridge_notice <- function(final, terms) {
  if (any(final$ridged) && !all(final$ridged)) {
    sprintf("ridge limits the effect of %s: fewer than %d returns inform it.",
            paste(unique(terms[final$ridged]), collapse = ", "), RIDGE_BELOW_RETURNS_PER_TERM)
  }
}

# Matrix terms x periods of effects on the log hazard of returning.
effects_by_period <- function(estimate, n_terms, changing) {
  early <- estimate[seq_len(n_terms)]
  if (length(changing) == 0L) return(matrix(early, ncol = 1L))
  late <- early
  late[changing] <- late[changing] + estimate[n_terms + seq_along(changing)]
  cbind(early, late, deparse.level = 0L)
}
