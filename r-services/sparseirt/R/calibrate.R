# Calibration: from answers to item parameters.

MODELS <- c("Rasch", "2PL", "3PL")
FEWEST_ITEMS <- c(Rasch = 2L, `2PL` = 3L, `3PL` = 3L)

#' Estimate item parameters by marginal maximum likelihood, P = c + (1 - c) logistic(a (theta - b)).
#'
#' EM (Bock and Aitkin 1981) with parameter expansion and Anderson acceleration on evenly spaced nodes. Time
#' and memory grow with the number of answers. The result has the same bits for any number of threads.
#'
#' Scale: without anchors theta is N(0, 1) for the 2PL and 3PL; the Rasch model has a = 1, mean 0 and a free
#' sd. With anchors these are fixed, and mean and sd of the group are free. Learners without answers count for
#' nothing; one answer per learner determines d and leaves every a at its prior.
#'
#' @param learner,item Integers from 1 to `n_learners` and `n_items`, in any order, one element per answer.
#' @param right 0 and 1, or logical. No learner answers an item twice.
#' @param model Rasch, 2PL or 3PL.
#' @param anchors NULL, or a list of vectors item, a, b and (optional, default 0) c that stay as they are.
#' @param priors A list as `default_priors()`.
#' @param group NULL, or c(mean, sd): where the group starts when anchors are given; default c(0, 1).
#' @param threads At most this many threads.
#' @param tolerance Stop when an EM step moves no a, d or c by more.
#' @param progress NULL, or function(iteration, change, loglik), called after each iteration.
#' @param standard_errors FALSE saves one pass over the answers.
#' @return list: `items`, a data.table of item, a, b, c, d, se_a, se_b, se_c, cov_ab, n, fixed (errors NA
#'   where fixed); `group`, c(mean, sd) of theta; `prior` (as used, with the learned mean and spread of
#'   log a); `scale_tilt`, of the objective in each log a, see `scale_tilt()`; `loglik` of the
#'   answers at these parameters in double precision, `aic`, `bic` (per learner with answers), `n_parameters`;
#'   `iterations`, `converged`, `change`; `loglik_trace`, the objective (log-likelihood plus log prior up to a
#'   constant, single precision) of the accepted points, starting again when the learned prior changes;
#'   `loglik_never_fell`: it fell by at most 1e-7 of the log-likelihood; `information_positive_definite`,
#'   `se_form`; `n_nodes`, `n_answers`, `n_learners`, `model`. Raises conditions of class `invalid_input` or
#'   `not_estimable` with a list `detail`.
calibrate <- function(learner, item, right, model = "2PL", n_learners, n_items, anchors = NULL,
                      priors = default_priors(), group = NULL, threads = 2L, tolerance = 1e-4,
                      max_iterations = 500L, progress = NULL, standard_errors = TRUE) {
  if (length(model) != 1L || !model %in% MODELS) invalid("model must be Rasch, 2PL or 3PL.")
  threads <- check_count(threads, "threads")
  n_items <- check_count(n_items, "n_items")
  if (length(right) == 0L) not_estimable("There are no answers.", n_answers = 0L)
  n_learners <- check_count(n_learners, "n_learners")
  answers <- build_answers(learner, item, right, n_learners, n_items, threads, once = TRUE)
  anchors <- check_anchors(anchors, n_items)
  check_estimable(answers, model, anchors)
  plan <- list(
    answers = answers, model = model, threads = threads, tolerance = check_number(tolerance, "tolerance", 0),
    max_iterations = check_count(max_iterations, "max_iterations"), progress = progress,
    free = free_parameters(model, n_items, anchors), start = start_values(answers, model, anchors, group),
    priors = centred_on_anchors(priors_of_model(check_priors(priors), model), anchors),
    standard_errors = isTRUE(standard_errors)
  )
  calibration_result(plan, fit_model(plan))
}

check_anchors <- function(anchors, n_items) {
  if (is.null(anchors) || length(anchors$item) == 0L) return(NULL)
  item <- as_key(anchors$item, "anchors$item")
  value <- function(name, default = NULL) {
    given <- if (is.null(anchors[[name]])) default else anchors[[name]]
    if (!is.numeric(given) || length(given) != length(item) || !all(is.finite(given))) {
      invalid(sprintf("anchors$%s must be a finite number for each of the %d anchors.", name, length(item)))
    }
    as.double(given)
  }
  if (anyNA(item) || any(item < 1L | item > n_items)) {
    invalid(sprintf("anchors$item must be from 1 to %d.", n_items))
  }
  if (anyDuplicated(item)) invalid(sprintf("anchors$item names %s twice.", some_of(item[duplicated(item)])))
  anchors <- list(item = item, a = value("a"), b = value("b"), c = value("c", 0 * item))
  if (any(anchors$a <= 0)) invalid("anchors$a must be above 0.")
  if (any(anchors$c < 0 | anchors$c >= 1)) invalid("anchors$c must be from 0 to below 1.")
  anchors
}

check_estimable <- function(answers, model, anchors) {
  free <- setdiff(seq_along(answers$n), anchors$item)
  one_sided <- free[answers$n_right[free] == 0 | answers$n_right[free] == answers$n[free]]
  n_answered <- sum(answers$n > 0)
  numbers <- list(n_answers = sum(answers$n), n_learners = answers$n_active, n_items = n_answered,
                  one_sided_items = one_sided)
  refuse <- function(...) stop_as("not_estimable", sprintf(...), numbers)
  if (answers$n_active < 2) {
    refuse("There are answers of %.0f learner(s); at least 2 are needed.", answers$n_active)
  }
  if (n_answered < FEWEST_ITEMS[[model]] && length(anchors$item) == 0L) {
    refuse("There are answers to %d item(s); the %s needs at least %d.", n_answered, model,
           FEWEST_ITEMS[[model]])
  }
  if (length(one_sided)) {
    refuse("%d item(s) have no right or no wrong answer and cannot be estimated: item %s. Leave them out.",
           length(one_sided), some_of(one_sided))
  }
  if (length(anchors$item) && sum(answers$n[anchors$item]) == 0) {
    refuse("None of the %d anchors has an answer, so nothing ties the answers to the scale.",
           length(anchors$item))
  }
}

# 0: fixed, 1: d, 2: a and d, 3: a, d and c.
free_parameters <- function(model, n_items, anchors) {
  replace(rep(match(model, MODELS), n_items), anchors$item, 0L)
}

calibration_result <- function(plan, fit) {
  answers <- plan$answers
  loglik <- .Call(C_exact_loglik_of, answers$answers, fit$state, answers$n_nodes, plan$threads)
  n_parameters <- sum(plan$free) + if (plan$start$anchored) 2L else if (plan$model == "Rasch") 1L else 0L
  errors <- if (plan$standard_errors) {
    standard_errors(fit$cross, fit$state, plan$free, fit$priors, scale_of(plan),
                    centre_is_learned = learns_centre(plan))
  }
  list(
    items = item_table(plan, fit$state, errors$table), group = c(mean = fit$state$mean, sd = fit$state$sd),
    prior = fit$priors, scale_tilt = fit$tilt, model = plan$model, loglik = loglik,
    aic = 2 * n_parameters - 2 * loglik, bic = log(answers$n_active) * n_parameters - 2 * loglik,
    n_parameters = n_parameters, n_answers = sum(answers$n), n_learners = answers$n_active,
    n_nodes = answers$n_nodes,
    iterations = fit$iterations, converged = fit$converged, change = fit$change,
    loglik_trace = fit$objective, loglik_never_fell = fit$never_fell,
    information_positive_definite = if (is.null(errors)) NA else all(errors$table$positive),
    se_form = errors$form
  )
}

item_table <- function(plan, state, errors) {
  items <- data.table(item = seq_along(plan$free), a = state$a, b = -state$d / state$a, c = state$c,
                      d = state$d)
  if (!is.null(errors)) set(items, j = names(errors)[1:4], value = errors[1:4])
  set(items, j = c("n", "fixed"), value = list(as.integer(plan$answers$n), plan$free == 0L))
  items[]
}
