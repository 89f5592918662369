# The answer of the growth fit: summary, diagnostics, stored posterior, landing rows.

STORED_DRAWS <- 400L

growth_answer <- function(run, checks, model, ids, rows, axis, goals, parameters) {
  summary <- posterior_summary(run$draws, run$weight, parameters$level)
  diagnostics <- growth_diagnostics(run, checks, model, rows, axis, parameters)
  predictions <- prediction_rows(run, ids, rows, goals)
  gates <- rbind(run$gates, checks$residuals$gates)
  priors <- prior_texts(parameters$priors)
  if (model$family == "gaussian") priors$nu <- NULL
  stored <- stored_posterior(run, model, axis, parameters)
  list(
    result = list(run_id = parameters$run_id, formula = model$formula, family = model$family, priors = priors,
                  posterior_summary = summary, diagnostics = diagnostics,
                  predictions = nested_predictions(predictions, goals), posterior = stored,
                  largest_residuals = checks$residuals$largest),
    tables = list(
      growth_brms_meta = data.frame(
        formula = model$formula, priors = fitservice::json_text(priors),
        posterior_summary = fitservice::json_text(summary), diagnostics = fitservice::json_text(diagnostics),
        posterior = fitservice::json_text(stored)
      ),
      growth_predictions = predictions
    ),
    gates = gates, notices = c(model$notices, goals$notices, run$notices, retry_notice(run),
                               unknown_notice(ids, rows), misfit_notices(checks$misfit))
  )
}

posterior_summary <- function(draws, weight, level) {
  share <- c((1 - level) / 2, (1 + level) / 2)
  lines <- lapply(colnames(draws), function(name) {
    x <- draws[, name]
    mean <- sum(weight * x)
    interval <- weighted_quantile(x, weight, share)
    data.frame(parameter = name, estimate = mean, se = sqrt(sum(weight * (x - mean)^2)), lower = interval[1L],
               upper = interval[2L])
  })
  do.call(rbind, lines)
}

growth_diagnostics <- function(run, checks, model, rows, axis, parameters) {
  c(run$diagnostics, list(
    engine = parameters$engine, method = run$method, family = model$family, level = parameters$level,
    attempts = run$attempts, n_rows = length(rows$score), n_learners = length(unique(rows$learner)),
    n_weeks = length(unique(rows$week)), as_of = parameters$as_of, week_origin = axis$origin,
    week_centre = axis$centre, posterior_predictive = checks$weeks, misfit = checks$misfit,
    largest_residuals = checks$residuals$largest[c("week", "residual")] # what is stored names no learner
  ))
}

prediction_rows <- function(run, ids, rows, goals) {
  p <- run$predictions
  known <- seq_along(ids) %in% rows$learner
  data.frame(
    user_id = ids, probability = p$probability, sigma = p$sigma, mean = p$mean, lower = p$lower,
    upper = p$upper, target = goals$target, goal_date = goals$goal_date, slope_mean = p$slope_mean,
    slope_sd = p$slope_sd,
    method = ifelse(known, run$method, "population")
  )
}

nested_predictions <- function(predictions, goals) {
  names(predictions)[names(predictions) == "user_id"] <- "student_id"
  names(predictions)[names(predictions) == "mean"] <- "mean_score"
  if (!is.null(goals$goal_week)) predictions$goal_week <- goals$goal_week
  predictions
}

# Draws of equal weight, nine digits, and the axis they belong to: all that /growth/predict needs.
stored_posterior <- function(run, model, axis, parameters) {
  chosen <- equal_draws(run$weight, min(STORED_DRAWS, length(run$weight)))
  draws <- lapply(as.data.frame(run$draws[chosen, , drop = FALSE]), function(x) I(signif(x, 9L)))
  list(family = model$family, formula = model$formula, week_origin = axis$origin, week_centre = axis$centre,
       level = parameters$level, draws = draws)
}

retry_notice <- function(run) {
  failed <- utils::head(run$attempts, -1L)
  if (NROW(failed)) sprintf("Attempt %d (%s) failed: %s.", seq_len(nrow(failed)), failed$how, failed$reasons)
}

unknown_notice <- function(ids, rows) {
  n <- length(ids) - length(unique(rows$learner))
  if (n > 0L) sprintf("%d learners have a goal but no scores: they get the population's prediction.", n)
}
