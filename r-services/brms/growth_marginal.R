# Engine `marginal`: the six hyperparameters by importance sampling about the mode of their marginal
# posterior; where its diagnostics fail, once more with more draws, and at last the same density by Stan.

FEWEST_DRAWS <- 2000L
RETRY_TIMES <- 4L
MOST_SAMPLED_SCORES <- 50000L # chains over more would take hours: the gates reject such a fit
HYPER_NAMES <- c("b_Intercept", "b_week", "sd_student_id__Intercept", "sd_student_id__week",
                 "cor_student_id__Intercept__week", "sigma")

# list(points: 6 x draws on the scales of marginal_posterior.R, weight, draws: the same as brms names and
# scales them, predictions, diagnostics, gates, method, attempts, notices).
marginal_run <- function(rows, scores, goals, model, parameters, progress) {
  progress("climbing")
  posterior <- marginal_posterior(scores, model$priors)
  start <- posterior_starts(rows)
  mode <- posterior_mode(posterior, start$starts, start$scale)
  n <- max(FEWEST_DRAWS, parameters$iter * parameters$chains)
  progress("drawing", 0L, n)
  attempts <- list(weighted_attempt(posterior, mode, n, progress))
  if (!attempts[[1L]]$passed) {
    attempts <- c(attempts, list(weighted_attempt(posterior, mode, RETRY_TIMES * n, progress)))
  }
  last <- attempts[[length(attempts)]]
  if (!last$passed && length(rows$score) <= MOST_SAMPLED_SCORES) {
    attempts <- c(attempts, list(sampled_marginal(rows, model, parameters, last, progress)))
    last <- attempts[[length(attempts)]]
  }
  progress("learners")
  predictions <- predicted_learners(scores, last$points, last$weight, goals, parameters$level)
  c(last[c("points", "weight", "gates", "diagnostics", "method")], list(
    draws = natural_draws(last$points), predictions = predictions, attempts = attempt_table(attempts),
    is_maximum = mode$is_maximum
  ))
}

weighted_attempt <- function(posterior, mode, n, progress) {
  draws <- mixture_draws(posterior, mode$mode, mode$covariance, n, progress)
  attempt_of(sprintf("importance sampling, proposals: %d", draws$n_components), draws)
}

# An attempt: its draws, its diagnostics, and whether they pass the gates.
attempt_of <- function(how, draws) {
  bulk <- apply(draws$points, 1L, importance_ess, draws$weight)
  tail <- apply(draws$points, 1L, importance_tail_ess, draws$weight)
  by_parameter <- data.frame(parameter = HYPER_NAMES, ess_bulk = bulk, ess_tail = tail)
  k <- draws$pareto_k
  gates <- rbind(gate("pareto_k", finite_or_na(k), upper = LARGEST_PARETO_K),
                 gate("ess_bulk", min(bulk), lower = FEWEST_ESS),
                 gate("ess_tail", min(tail), lower = FEWEST_ESS))
  diagnostics <- list(rhat = NULL, ess_bulk = min(bulk), ess_tail = min(tail), divergences = NULL,
                      ebfmi = NULL, pareto_k = finite_or_na(k), n_draws = ncol(draws$points),
                      by_parameter = by_parameter)
  c(draws[c("points", "weight")],
    list(how = how, gates = gates, diagnostics = diagnostics, method = "marginal", passed = all_pass(gates)))
}

# JSON has no infinite numbers: a k without a value is NA, and its gate fails.
finite_or_na <- function(k) if (is.na(k) || k == Inf) NA_real_ else max(k, -1)

attempt_table <- function(attempts) {
  do.call(rbind, lapply(attempts, function(one) {
    data.frame(how = one$how, passed = one$passed, n_draws = one$diagnostics$n_draws,
               reasons = paste(failed_reasons(one$gates), collapse = "; "))
  }))
}

# As brms names and scales them: a matrix, one row per draw.
natural_draws <- function(points) {
  draws <- cbind(t(points[1:2, , drop = FALSE]), t(exp(points[3:4, , drop = FALSE])), tanh(points[5L, ]),
                 exp(points[6L, ]))
  colnames(draws) <- HYPER_NAMES
  draws
}

points_of <- function(draws) {
  draws <- draws[, HYPER_NAMES, drop = FALSE]
  rbind(t(draws[, 1:2, drop = FALSE]), t(log(draws[, 3:4, drop = FALSE])), atanh(draws[, 5L]),
        log(draws[, 6L]))
}
