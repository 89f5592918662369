# Cox regression of the time to return (Cox 1972; ties: Efron 1977; robust variance by learner: Lin and
# Wei 1989; proportional hazards: Grambsch and Therneau 1994, as in survival::cox.zph).

MIN_RETURNS <- 50L
RIDGE_BELOW_RETURNS_PER_TERM <- 10
# A normal prior with standard deviation 0.5 for the effect of one standard deviation: theta = 1 / 0.5^2.
RIDGE_THETA <- 4
PH_LEVEL <- 0.05
# Where an effect may change: most learners who come back soon do so within three days, and those who do
# not are another kind of absence. On real answers one change after day 3 did best of 1, 3, 7 and pairs.
EFFECT_CHANGE_DAY <- 3L

# Fit the model. `rows`: data.frame of gaps, `robust`: also the variance by learner.
# Returns list(model, coefficients, concordance, converged, diagnostics, notices, n, n_events);
# raises NOT_ESTIMABLE.
fit_return_model <- function(rows, robust = TRUE) {
  rows <- rows[rows$observed_gap_days > 0L, ]
  check_estimable(rows)
  plan <- design_plan(rows)
  if (NROW(plan$terms) == 0L) {
    fitservice::stop_service("NOT_ESTIMABLE", "No covariate varies between the gaps; at least one must.",
                             list(n_gaps = nrow(rows), notices = I(plan$notices)))
  }
  design <- centred_design(plan, rows)
  first <- fit_cox(rows, design, integer(), robust)
  test <- proportional_hazards(first$fit, colnames(design))
  changing <- changing_terms(rows, test)
  final <- if (length(changing)) fit_cox(rows, design, changing, robust) else first
  effects <- effects_by_period(final, ncol(design), changing)
  model <- return_model(plan, effects, if (length(changing)) EFFECT_CHANGE_DAY else integer(), rows, design)
  list(
    model = model, coefficients = coefficient_table(final, colnames(design), changing),
    concordance = unname(final$fit$concordance["concordance"]), converged = final$converged,
    diagnostics = fit_diagnostics(final, test, changing, colnames(design), rows),
    notices = c(plan$notices, final$warnings), n = nrow(rows), n_events = sum(rows$returned)
  )
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

# One Cox fit. `changing`: columns of `design` that get a second effect after EFFECT_CHANGE_DAY.
fit_cox <- function(rows, design, changing, robust) {
  long <- spell_table(rows, design, changing)
  ridged <- sum(rows$returned) < RIDGE_BELOW_RETURNS_PER_TERM * ncol(long$x)
  scale <- if (ridged) apply(long$x, 2L, stats::sd) else rep(1, ncol(long$x))
  x <- sweep(long$x, 2L, scale, "/")
  response <- survival::Surv(long$start, long$stop, long$returned)
  warnings <- character()
  fit <- withCallingHandlers(
    if (ridged) {
      survival::coxph(response ~ survival::ridge(x, theta = RIDGE_THETA, scale = FALSE), ties = "efron")
    } else {
      survival::coxph(response ~ x, ties = "efron")
    },
    warning = function(cause) {
      warnings <<- c(warnings, conditionMessage(cause))
      invokeRestart("muffleWarning")
    }
  )
  list(fit = fit, estimate = unname(stats::coef(fit)) / scale, se = sqrt(diag(fit$var)) / scale,
       robust_se = if (robust) robust_errors(fit, response, x, long$user_id) / scale,
       ridged = ridged, warnings = warnings,
       converged = length(warnings) == 0L && all(is.finite(stats::coef(fit))))
}

# Sandwich by learner, V (sum over learners of u u') V with score residuals u (Lin and Wei 1989); V is the
# inverse of the penalised information if there is a penalty, for which survival itself offers none.
robust_errors <- function(fit, response, x, user_id) {
  if (!all(is.finite(stats::coef(fit)))) return(rep(NA_real_, ncol(x)))
  at_estimate <- survival::coxph(response ~ x, ties = "efron", init = unname(stats::coef(fit)), iter.max = 0L)
  scores <- as.matrix(stats::residuals(at_estimate, type = "score"))
  meat <- crossprod(rowsum(scores, user_id))
  unname(sqrt(diag(fit$var %*% meat %*% fit$var)))
}

# Gaps as spells (start, stop]; split after EFFECT_CHANGE_DAY only if an effect changes there.
spell_table <- function(rows, design, changing) {
  days <- rows$observed_gap_days
  if (length(changing) == 0L) {
    return(list(start = rep(0, nrow(rows)), stop = days, returned = rows$returned, x = design,
                user_id = rows$user_id))
  }
  cut <- EFFECT_CHANGE_DAY
  late <- which(days > cut)
  change <- design[, changing, drop = FALSE]
  list(
    start = c(rep(0, nrow(rows)), rep(cut, length(late))),
    stop = c(pmin(days, cut), days[late]),
    returned = c(rows$returned & days <= cut, rows$returned[late]),
    x = rbind(cbind(design, change * 0), cbind(design[late, , drop = FALSE], change[late, , drop = FALSE])),
    user_id = c(rows$user_id, rows$user_id[late])
  )
}

# Scaled Schoenfeld test per term; the time scale is survival's default, 1 - Kaplan-Meier.
proportional_hazards <- function(fit, terms) {
  table <- tryCatch(survival::cox.zph(fit, terms = FALSE)$table,
                    error = function(cause) conditionMessage(cause))
  if (is.character(table)) return(list(failed = table))
  n <- length(terms)
  list(terms = data.frame(term = terms, chisq = table[seq_len(n), "chisq"], p = table[seq_len(n), "p"]),
       global_chisq = table["GLOBAL", "chisq"], global_df = table["GLOBAL", "df"],
       global_p = table["GLOBAL", "p"])
}

# The remedy: terms that violate proportional hazards get a second effect after EFFECT_CHANGE_DAY, if
# there are returns enough on both sides to estimate it.
changing_terms <- function(rows, test) {
  if (!is.null(test$failed) || !isTRUE(test$global_p < PH_LEVEL)) return(integer())
  violating <- which(test$terms$p < PH_LEVEL)
  late <- rows$observed_gap_days > EFFECT_CHANGE_DAY
  scarce <- min(sum(rows$returned[late]), sum(rows$returned[!late]))
  if (scarce < RIDGE_BELOW_RETURNS_PER_TERM * (nrow(test$terms) + length(violating))) return(integer())
  violating
}

# Matrix terms x periods of effects on the log hazard of returning.
effects_by_period <- function(final, n_terms, changing) {
  early <- final$estimate[seq_len(n_terms)]
  if (length(changing) == 0L) return(matrix(early, ncol = 1L))
  late <- early
  late[changing] <- late[changing] + final$estimate[n_terms + seq_along(changing)]
  cbind(early, late, deparse.level = 0L)
}
