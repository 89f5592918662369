# From start values to a maximum, the spread of log a learned on the way.

# The spread of log a is first learned when no parameter moves by more than this; what moves it less than
# SPREAD_MOVED at the end does not move the estimates.
SPREAD_TOLERANCE <- 0.02
SPREAD_MOVED <- 0.05
SPREAD_ROUNDS <- 3L
SPREAD_ANSWERS_PER_ITEM <- 200

start_values <- function(answers, model, anchors, group) {
  c <- rep(if (model == "3PL") 0.2 else 0, length(answers$n))
  share <- answers$n_right / pmax(answers$n, 1)
  d <- stats::qlogis(pmin(pmax((share - c) / (1 - c), 0.02), 0.98))
  a <- rep(1, length(d))
  if (!is.null(anchors)) {
    a[anchors$item] <- anchors$a
    d[anchors$item] <- -anchors$a * anchors$b
    c[anchors$item] <- anchors$c
  }
  if (is.null(group)) group <- c(0, 1)
  if (!is.numeric(group) || length(group) != 2L || !all(is.finite(group)) || group[2L] <= 0) {
    invalid("group must be c(mean, sd), finite, with sd above 0.")
  }
  if (is.null(anchors)) group <- c(0, 1)
  list(a = a, d = d, c = c, mean = group[[1L]], sd = group[[2L]], anchored = !is.null(anchors))
}

# An EM run from where `fit` stands: list(state, priors, iterations, objective, never_fell, ...).
continued <- function(plan, fit, tolerance) {
  report <- plan$progress
  progress <- if (!is.null(report)) {
    function(iteration, change, loglik) report(fit$iterations + iteration, change, loglik)
  }
  options <- list(
    free = plan$free, penalty = precisions(fit$priors), scale = scale_of(plan),
    n_nodes = plan$answers$n_nodes, threads = plan$threads, tolerance = tolerance,
    max_iterations = max(1L, plan$max_iterations - fit$iterations)
  )
  run <- .Call(C_estimate, plan$answers$answers, fit$state, options, progress)
  list(
    state = run[c("a", "d", "c", "mean", "sd")], priors = fit$priors, converged = run$converged,
    change = run$change, iterations = fit$iterations + run$iterations,
    objective = c(fit$objective, run$objective), never_fell = fit$never_fell && run$never_fell
  )
}

scale_of <- function(plan) {
  if (plan$start$anchored) "anchored" else if (plan$model == "Rasch") "rasch" else "standard"
}

# list(by_item, full): sums over the answers, or over a sample of the learners scaled up.
cross_products <- function(plan, state, sampled = FALSE) {
  stride <- 1
  if (sampled) {
    wanted <- max(SPREAD_ANSWERS_PER_ITEM * length(plan$free), 1e5)
    stride <- 2^max(0, min(6, floor(log2(sum(plan$answers$n) / wanted))))
  }
  full <- plan$standard_errors && !sampled && full_is_affordable(plan)
  sums <- .Call(C_cross_products_of, plan$answers$answers, state, plan$answers$n_nodes, plan$model == "3PL",
                as.integer(stride), full, plan$threads)
  list(by_item = stride * sums$by_item, full = sums$full, n_learners = plan$answers$n_active)
}

with_learned_spread <- function(plan, fit, cross) {
  free <- plan$free >= 2L
  variance <- log_a_variance(cross$by_item, fit$state, plan$free, fit$priors)[free]
  fit$priors$log_a$sd <- learned_spread(log(fit$state$a[free]), variance, fit$priors$log_a$sd,
                                        plan$priors$log_a$sd)
  fit
}

# As continued(), with the cross-products at the end (`cross`) where they were needed.
fit_model <- function(plan) {
  learn <- isTRUE(plan$priors$log_a$learn) && sum(plan$free >= 2L) > 1L
  fit <- list(state = plan$start, priors = plan$priors, iterations = 0L, never_fell = TRUE)
  fit <- continued(plan, fit, if (learn) max(SPREAD_TOLERANCE, plan$tolerance) else plan$tolerance)
  if (learn) {
    cross <- cross_products(plan, fit$state, sampled = TRUE)
    fit <- continued(plan, with_learned_spread(plan, fit, cross), plan$tolerance)
  }
  for (round in seq_len(SPREAD_ROUNDS)) {
    if (!learn && !plan$standard_errors) break
    fit$cross <- cross_products(plan, fit$state)
    if (!learn || !fit$converged || round == SPREAD_ROUNDS) break
    moved <- with_learned_spread(plan, fit, fit$cross)
    if (abs(log(moved$priors$log_a$sd / fit$priors$log_a$sd)) < SPREAD_MOVED) break
    fit <- continued(plan, moved, plan$tolerance)
  }
  fit
}
