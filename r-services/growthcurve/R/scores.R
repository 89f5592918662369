# Scores in the form the C++ side wants, and what is computed from them.

POINT_NAMES <- c("b_Intercept", "b_week", "log_sd_Intercept", "log_sd_week", "atanh_cor", "log_sigma")

invalid <- function(...) {
  stop(structure(class = c("invalid_input", "error", "condition"), list(message = paste0(...), call = NULL)))
}

#' Scores of many learners, ready for the functions below.
#'
#' @param learner Whole numbers from 1, in ascending order; learners up to `n_learners` may be without scores.
#' @param week Weeks of the scores, centred by the caller.
#' @param score Finite numbers.
#' @param se Standard errors of the scores, 0 or more, or NULL (none).
#' @param n_learners Number of learners.
#' @return An object of class `growth_scores`; 24 bytes per score and 80 per learner outside of R's memory.
growth_scores <- function(learner, week, score, se = NULL, n_learners = max(learner, 0L)) {
  lengths <- c(length(learner), length(week), length(score), if (!is.null(se)) length(se))
  if (length(unique(lengths)) > 1L) invalid("learner, week, score and se must be of one length.")
  outside <- length(learner) && (learner[1L] < 1 || learner[length(learner)] > n_learners)
  if (is.unsorted(learner) || outside) {
    invalid("learner must ascend from 1 to n_learners at most.")
  }
  if (!all(is.finite(week), is.finite(score), is.finite(se))) invalid("week, score and se must be finite.")
  if (any(se < 0)) invalid("se must not be negative.")
  start <- c(0L, cumsum(tabulate(learner, n_learners)))
  pointer <- .Call(C_scores_of, as.double(week), as.double(score), if (!is.null(se)) as.double(se), start)
  structure(list(pointer = pointer, n_learners = n_learners, n = length(score)), class = "growth_scores")
}

#' Marginal log likelihood of the hyperparameters, learners' coefficients integrated out.
#'
#' score ~ N(a + b week, sigma^2 + se^2) with (a, b) of each learner bivariate normal (Lindley and Smith
#' 1972).
#'
#' @param scores A `growth_scores` object.
#' @param points Matrix with six rows: b_Intercept, b_week, log_sd_Intercept, log_sd_week, atanh_cor,
#'   log_sigma; one column per point.
#' @param threads Number of threads; changes no bit of the result.
#' @return One number per point; -Inf where a standard deviation leaves exp(-100) to exp(100).
marginal_loglik <- function(scores, points, threads = 2L) {
  points <- checked_points(points)
  logs <- abs(points[c(3L, 4L, 6L), , drop = FALSE])
  inside <- colSums(is.na(logs) | logs > 100) == 0
  value <- rep(-Inf, ncol(points))
  if (!any(inside)) return(value)
  found <- .Call(C_loglik_of, scores$pointer, points[, inside, drop = FALSE], FALSE,
                 as.integer(threads))$loglik
  value[inside] <- ifelse(is.finite(found), found, -Inf)
  value
}

#' Gradient of the marginal log likelihood by the six hyperparameters, at each point.
#'
#' @inheritParams marginal_loglik
#' @return A matrix of the shape of `points`.
marginal_gradient <- function(scores, points, threads = 2L) {
  points <- checked_points(points)
  gradient <- .Call(C_loglik_of, scores$pointer, points, TRUE, as.integer(threads))$gradient
  dimnames(gradient) <- list(POINT_NAMES, NULL)
  gradient
}

checked_points <- function(points) {
  points <- as.matrix(points)
  storage.mode(points) <- "double"
  if (nrow(points) != length(POINT_NAMES)) invalid("points must have six rows.")
  unname(points)
}

#' Each learner's line at a week: the mixture, over the draws, of the exact normal posteriors.
#'
#' @param scores A `growth_scores` object.
#' @param points,threads As for `marginal_loglik()`: draws of the hyperparameters, one per column.
#' @param weights Of the draws; they add up to 1.
#' @param at Week by learner, centred as the scores' weeks are.
#' @param target By learner.
#' @param level Of the interval.
#' @return data.frame by learner: probability (of the line at `at` being at least `target`), mean, sd, lower,
#'   upper of the line at `at`; slope_mean, slope_sd per week. A learner without scores gets the population.
learner_posterior <- function(scores, points, weights, at, target, level = 0.9, threads = 2L) {
  points <- checked_points(points)
  n <- scores$n_learners
  if (length(weights) != ncol(points) || abs(sum(weights) - 1) > 1e-8 || any(weights < 0)) {
    invalid("weights must be one per draw, none negative, and add up to 1.")
  }
  if (level <= 0 || level >= 1) invalid("level must be between 0 and 1.")
  if (!all(is.finite(at), is.finite(target))) invalid("at and target must be finite.")
  as.data.frame(.Call(C_forecast_of, scores$pointer, points, as.double(weights), rep_len(as.double(at), n),
                      rep_len(as.double(target), n), (1 - level) / 2, as.integer(threads)))
}

#' How far scores lie from the model at one point, in standard deviations.
#'
#' @inheritParams learner_posterior
#' @param point The six hyperparameters.
#' @return list: `by_row`, each score's residual given the learner's other scores; `by_learner`, that of the
#'   learner's precision-weighted mean score from the population's line (0 without scores). N(0, 1) under the
#'   model.
standardized_residuals <- function(scores, point, threads = 2L) {
  .Call(C_residuals_of, scores$pointer, checked_points(point), as.integer(threads))
}
