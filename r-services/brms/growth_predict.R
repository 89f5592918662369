# Goal probabilities without a fit: from a mean and a standard deviation, or from a stored posterior and
# scores.

#' Say how likely a target is reached.
#'
#' @param tables rows (or data) and goals, both optional; see prototype.R.
#' @param parameters mean, sd and target; or posterior, as a fit left it in growth_brms_meta or in its answer.
#'   See growth_predict_parameters().
#' @param progress function(stage, done, total, ...).
#' @return list(result): probability, lower, upper, uncertainty; or, from a posterior, list(result, tables,
#'   gates, notices) with predictions, one per learner of rows and goals.
predict_growth <- function(tables, parameters, progress = function(...) NULL) {
  if (is.null(parameters$posterior)) return(list(result = normal_goal(parameters)))
  predict_stored(tables, read_posterior(parameters$posterior), parameters)
}

# The line at the goal date is normal(mean, sd). An sd of 0 is a certainty.
normal_goal <- function(parameters) {
  mean <- parameters$mean
  sd <- parameters$sd
  half <- stats::qnorm((1 + parameters$level) / 2) * sd
  probability <- if (sd > 0) stats::pnorm((mean - parameters$target) /
                                          sd) else as.double(mean >= parameters$target)
  list(probability = probability, lower = mean - half, upper = mean + half, uncertainty = sd,
       target = parameters$target)
}

# Each learner's line given the stored draws and the learner's scores: exact, as at the end of a fit.
predict_stored <- function(tables, posterior, parameters) {
  keyed <- keyed_scores(tables, posterior$uses_se)
  rows <- keyed$rows
  axis <- posterior$axis
  weeks <- rows$week
  if (length(weeks) == 0L) weeks <- if (is.null(axis$origin)) round(axis$centre) else axis$origin
  goals <- learners_goals(keyed$ids, tables$goals, weeks, axis, parameters)
  scores <- growthcurve::growth_scores(rows$learner, on_axis(rows$week, axis), rows$score, rows$se,
                                       length(keyed$ids))
  points <- points_of(posterior$draws)
  weight <- rep(1 / ncol(points), ncol(points))
  run <- list(predictions = predicted_learners(scores, points, weight, goals, parameters$level),
              method = "stored")
  predictions <- prediction_rows(run, keyed$ids, rows, goals)
  list(result = list(predictions = nested_predictions(predictions, goals)),
       tables = list(growth_predictions = predictions),
       gates = fitservice::stored_model_gates(predictions$probability, parameters), notices = goals$notices)
}

# list(draws, axis, uses_se). Raises INVALID_INPUT where the object is not what a fit left.
read_posterior <- function(given) {
  wrong <- function(...) {
    fitservice::stop_service("INVALID_INPUT", paste0("The posterior is not one that /growth/fit left: ", ...))
  }
  draws <- given$draws
  if (!is.list(draws) || !all(HYPER_NAMES %in% names(draws))) {
    wrong("draws must hold ", paste(HYPER_NAMES, collapse = ", "), ".")
  }
  columns <- lapply(draws[HYPER_NAMES], function(x) suppressWarnings(as.double(unlist(x))))
  same_length <- length(unique(lengths(columns))) == 1L && length(columns[[1L]]) > 0L
  if (!same_length || !all(is.finite(unlist(columns)))) {
    wrong("draws must be finite numbers, as many for each parameter.")
  }
  if (any(unlist(columns[c(3L, 4L, 6L)]) <= 0) || any(abs(columns[[5L]]) >= 1)) {
    wrong("standard deviations must be above 0 and the correlation between -1 and 1.")
  }
  if (!identical(given$family, "gaussian")) {
    fitservice::stop_service("INVALID_INPUT", paste(
      "Only a gaussian posterior can be carried on to new scores without a fit; for the family student run",
      "/growth/fit."))
  }
  list(draws = do.call(cbind, columns), axis = read_axis(given, wrong),
       uses_se = identical(given$formula, GROWTH_FORMULAS[["errors"]]))
}

read_axis <- function(given, wrong) {
  centre <- given$week_centre
  is_number <- is.numeric(centre) && length(centre) == 1L && is.finite(centre)
  if (!is_number) wrong("week_centre must be a number.")
  if (is.null(given$week_origin)) return(list(origin = NULL, centre = centre))
  origin <- as.Date(given$week_origin, format = "%Y-%m-%d")
  if (length(origin) != 1L || is.na(origin)) wrong("week_origin must be a date or null.")
  list(origin = origin, centre = centre)
}

# Problems across tables and parameters, for the answer 400.
check_predict_tables <- function(tables, parameters) {
  say <- function(column, problem) fitservice::add_problem(NULL, "params", column, NA_integer_, problem)
  either <- say("mean", "send mean and sd, or posterior")
  posterior <- parameters$posterior
  if (is.null(posterior)) {
    if (is.null(parameters$mean) || is.null(parameters$sd)) return(either)
    return(NULL)
  }
  if (!is.null(parameters$mean) || !is.null(parameters$sd)) return(either)
  given <- intersect(SCORE_TABLES, names(tables))
  if (length(given) > 1L) return(say("data", "send the table as rows, or as data, once"))
  if (length(c(given, tables$goals)) == 0L) return(say("rows", "send rows, goals or both with a posterior"))
  if (length(given) == 0L && is.null(parameters$as_of) && !is.null(posterior$week_origin)) {
    return(say("as_of", "is needed where no rows give the last week"))
  }
  problems <- do.call(rbind, lapply(c(given, "goals"), function(name) check_ids(tables[[name]], name)))
  if (NROW(problems)) return(problems)
  rbind(check_stored_rows(tables, given, parameters), check_goals(tables$goals, axis_example(posterior)))
}

check_stored_rows <- function(tables, name, parameters) {
  if (length(name) == 0L) return(NULL)
  rows <- tables[[name]]
  problems <- check_weeks(rows, name, parameters)
  if (nrow(rows) && inherits(rows$week, "Date") == is.null(parameters$posterior$week_origin)) {
    problems <- fitservice::add_problem(problems, name, "week", NA_integer_,
                                        "dates and week numbers do not mix: the posterior has the other kind")
  }
  if (identical(parameters$posterior$formula, GROWTH_FORMULAS[["errors"]]) && is.null(rows$se)) {
    problems <- fitservice::add_problem(problems, name, "se", NA_integer_, "the posterior's model needs se")
  }
  problems
}

# What check_goals() looks at: weeks of the kind the posterior has.
axis_example <- function(posterior) {
  list(week = if (is.null(posterior$week_origin)) 0L else as.Date("1970-01-05"))
}
