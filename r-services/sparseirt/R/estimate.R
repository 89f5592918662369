# From start values to a maximum, the prior of log a learned on the way.

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
    free = plan$free, penalty = c(precisions(fit$priors), log_a_tilt = fit$tilt), scale = scale_of(plan),
    learns_centre = learns_centre(plan),
    n_nodes = plan$answers$n_nodes, threads = plan$threads, tolerance = tolerance,
    max_iterations = max(1L, plan$max_iterations - fit$iterations)
  )
  run <- .Call(C_estimate, plan$answers$answers, fit$state, options, progress)
  if (learns_centre(plan)) fit$priors$log_a$mean <- run$centre
  list(
    state = run[c("a", "d", "c", "mean", "sd")], priors = fit$priors, tilt = fit$tilt,
    converged = run$converged, change = run$change, iterations = fit$iterations + run$iterations,
    objective = c(fit$objective, run$objective), never_fell = fit$never_fell && run$never_fell
  )
}

# Of log a. Anchors are of the bank that the items belong to, so they give the centre. The scale is learned
# only from learners who answered twice.
learns_centre <- function(plan) {
  isTRUE(plan$priors$log_a$learn) && scale_of(plan) == "standard" &&
    sum(plan$answers$n) > plan$answers$n_active
}

centred_on_anchors <- function(priors, anchors) {
  if (isTRUE(priors$log_a$learn) && !is.null(anchors)) priors$log_a$mean <- mean(log(anchors$a))
  priors
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

spread_of_slopes <- function(plan, fit, cross) {
  free <- plan$free >= 2L
  variance <- log_a_variance(cross$by_item, fit$state, plan$free, fit$priors)[free]
  learned_spread(log(fit$state$a[free]), variance, fit$priors$log_a, plan$priors$log_a$sd)
}

with_learned_prior <- function(plan, fit, cross, sampled = FALSE) {
  fit$priors$log_a$sd <- spread_of_slopes(plan, fit, cross)
  fit$tilt <- if (learns_centre(plan)) scale_tilt(plan, fit, cross, sampled) else 0
  fit
}

# The scale at the joint mode of the items is too long: noise in many slopes looks like ability. Cox and
# Reid (1987): the log-likelihood of a parameter that many others are estimated beside loses half the log
# determinant of their information. Returns its slope along the log of the scale, per item, for the
# objective. Without it a is 6% too large with 100 answers to each item, 20 of each learner and slopes
# around 0.5.
SCALE_STEP <- 0.05

scale_tilt <- function(plan, fit, cross, sampled) {
  log_det <- function(cross, state) {
    blocks <- invert_blocks(item_information(cross$by_item, state, plan$free, fit$priors))
    ifelse(blocks$positive, log(blocks$det) + 2 * log(state$a), NA) # in log a
  }
  longer <- stretched(fit$state, SCALE_STEP)
  gained <- log_det(cross_products(plan, longer, sampled), longer) - log_det(cross, fit$state)
  -mean(gained, na.rm = TRUE) / (2 * SCALE_STEP)
}

# Slopes larger by a factor exp(step), shares of right answers about as they were: of theta ~ N(0, 1) the
# share is about normal(d / sqrt(1.7^2 + a^2)).
stretched <- function(state, step) {
  root <- function(a) sqrt(1.7^2 + a^2)
  a <- state$a * exp(step)
  state$d <- state$d * root(a) / root(state$a)
  state$a <- a
  state
}

# As continued(), with the cross-products at the end (`cross`) where they were needed.
fit_model <- function(plan) {
  learn <- isTRUE(plan$priors$log_a$learn) && sum(plan$free >= 2L) > 1L
  fit <- list(state = plan$start, priors = plan$priors, tilt = 0, iterations = 0L, never_fell = TRUE)
  fit <- continued(plan, fit, if (learn) max(SPREAD_TOLERANCE, plan$tolerance) else plan$tolerance)
  if (learn) {
    cross <- cross_products(plan, fit$state, sampled = TRUE)
    fit <- continued(plan, with_learned_prior(plan, fit, cross, sampled = TRUE), plan$tolerance)
  }
  for (round in seq_len(SPREAD_ROUNDS)) {
    if (!learn && !plan$standard_errors) break
    fit$cross <- cross_products(plan, fit$state)
    if (!learn || !fit$converged || round == SPREAD_ROUNDS) break
    if (abs(log(spread_of_slopes(plan, fit, fit$cross) / fit$priors$log_a$sd)) < SPREAD_MOVED) break
    fit <- continued(plan, with_learned_prior(plan, fit, fit$cross), plan$tolerance)
  }
  fit
}
