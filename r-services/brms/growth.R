# The growth fit as a plain function: tables and parameters in, lists and landing tables out.

#' Fit a line per learner and say how likely each reaches a target.
#'
#' score ~ N(alpha_i + beta_i week, sigma^2 + se^2), (alpha_i, beta_i) bivariate normal over learners.
#'
#' @param tables rows (or data): one row per learner and week; goals: one row per learner. See prototype.R.
#' @param parameters See growth_fit_parameters().
#' @param progress function(stage, done, total, ...).
#' @return list(result(posterior_summary, diagnostics, predictions, model), tables(growth_brms_meta,
#'   growth_predictions), gates, notices). Raises NOT_ESTIMABLE with the numbers, INVALID_INPUT.
fit_growth <- function(tables, parameters, progress = function(...) NULL) {
  model <- growth_model(parameters, rows_of(tables))
  keyed <- keyed_scores(tables, model$uses_se)
  rows <- keyed$rows
  check_estimable(rows)
  axis <- week_axis(rows$week)
  rows$x <- on_axis(rows$week, axis)
  goals <- learners_goals(keyed$ids, tables$goals, rows$week, axis, parameters)
  set.seed(parameters$seed, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
  scores <- growthcurve::growth_scores(rows$learner, rows$x, rows$score, rows$se, length(keyed$ids))
  run <- if (parameters$engine == "brms") {
    sampled_run(rows, scores, goals, model, parameters, progress)
  } else {
    marginal_run(rows, scores, goals, model, parameters, progress)
  }
  progress("checking")
  checks <- model_checks(rows, scores, run, model, keyed$ids)
  growth_answer(run, checks, model, keyed$ids, rows, axis, goals, parameters)
}

# list(family, formula, uses_se, priors). The errors are used when they are there, unless the formula leaves
# them out.
growth_model <- function(parameters, rows) {
  named <- formula_name(parameters$formula)
  uses_se <- if (named == "") !is.null(rows$se) else named == "errors"
  notices <- if (!uses_se && !is.null(rows$se)) "The formula leaves se out: the scores count as exact."
  list(family = parameters$family, uses_se = uses_se, priors = growth_priors(parameters$priors),
       formula = GROWTH_FORMULAS[[if (uses_se) "errors" else "plain"]], notices = notices)
}
