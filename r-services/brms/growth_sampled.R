# Engine `brms`: the model as brms writes it, learners' coefficients sampled along; and the marginal density
# by Stan.

RETRY <- list(times = 4L, adapt_delta = 0.99, max_treedepth = 12L)
FIRST <- list(adapt_delta = 0.8, max_treedepth = 10L) # as brms has it
MARGINAL_CHAINS <- list(iter = 2000L, chains = 4L, adapt_delta = 0.95, max_treedepth = 12L)

# As marginal_run().
sampled_run <- function(rows, scores, goals, model, parameters, progress) {
  progress("preparing")
  name <- paste0(model$family, if (model$uses_se) "_errors")
  ready <- brms_ready(name, rows, model)
  settings <- c(parameters[c("iter", "chains", "seed")], FIRST)
  attempts <- list(brms_attempt(ready, settings, progress))
  if (!attempts[[1L]]$passed) {
    settings$iter <- RETRY$times * settings$iter
    settings[c("adapt_delta", "max_treedepth")] <- RETRY[c("adapt_delta", "max_treedepth")]
    attempts <- c(attempts, list(brms_attempt(ready, settings, progress)))
  }
  last <- attempts[[length(attempts)]]
  progress("learners")
  predictions <- sampled_predictions(last, rows, scores, goals, parameters$level)
  c(last[c("points", "weight", "gates", "diagnostics", "method", "draws")],
    list(predictions = predictions, attempts = attempt_table(attempts)))
}

# list(path, data, names): the compiled program and what it is given. Raises SERVER_ERROR where it is not
# compiled.
brms_ready <- function(name, rows, model) {
  frame <- data.frame(student_id = match(rows$learner, unique(rows$learner)), week = rows$x,
                      score = rows$score)
  if (model$uses_se) frame$se <- rows$se
  terms <- brms_terms(name, model$priors)
  path <- compiled_model(name, brms_code(terms, frame))
  data <- brms::make_standata(terms$formula, frame, family = terms$family, prior = terms$prior,
                              stanvars = terms$stanvars)
  names <- c(b_Intercept = "b_Intercept", b_week = "b[1]", sd_student_id__Intercept = "sd_1[1]",
             sd_student_id__week = "sd_1[2]", cor_student_id__Intercept__week = "cor_1[1]", sigma = "sigma")
  if (model$family == "student") names <- c(names, nu = "nu")
  list(path = path, data = unclass(data), names = names, learners = unique(rows$learner))
}

brms_attempt <- function(ready, settings, progress) {
  wanted <- c(unique(sub("\\[.*", "", ready$names)), "r_1_1", "r_1_2")
  sampled <- run_chains(ready$path, ready$data, wanted, settings, progress)
  hyper <- sampled$draws[, , ready$names, drop = FALSE]
  dimnames(hyper)[[3L]] <- names(ready$names)
  own <- function(name) {
    flat_draws(sampled$draws[, , sprintf("%s[%d]", name, seq_along(ready$learners)), drop = FALSE])
  }
  c(chain_attempt("brms", chain_facts(sampled, hyper), hyper, "brms"),
    list(levels = own("r_1_1"), slopes = own("r_1_2"), learners = ready$learners))
}

flat_draws <- function(draws) {
  matrix(draws, dim(draws)[1L] * dim(draws)[2L], dimnames = list(NULL, dimnames(draws)[[3L]]))
}

chain_attempt <- function(how, facts, hyper, method) {
  draws <- flat_draws(hyper)
  gates <- sampler_gates(facts)
  list(how = how, gates = gates, passed = all_pass(gates),
       diagnostics = chain_diagnostics(facts, nrow(draws)),
       draws = draws, points = points_of(draws), weight = rep(1 / nrow(draws), nrow(draws)), method = method)
}

# Learners with scores: their own draws. Without: the population, as a mixture over the draws of the
# hyperparameters.
sampled_predictions <- function(last, rows, scores, goals, level) {
  found <- predicted_learners(empty_scores(scores), last$points, last$weight, goals, level)
  at <- goals$at[last$learners]
  slope <- last$draws[, "b_week"] + last$slopes
  line <- last$draws[, "b_Intercept"] + last$levels + slope * rep(at, each = nrow(slope))
  interval <- apply(line, 2L, stats::quantile, c((1 - level) / 2, (1 + level) / 2), names = FALSE)
  target <- rep(goals$target[last$learners], each = nrow(line))
  found[last$learners, ] <- data.frame(
    probability = colMeans(line >= target), mean = colMeans(line), sigma = apply(line, 2L, stats::sd),
    lower = interval[1L, ], upper = interval[2L, ], slope_mean = colMeans(slope),
    slope_sd = apply(slope, 2L, stats::sd)
  )
  found
}

empty_scores <- function(scores) {
  growthcurve::growth_scores(integer(), double(), double(), NULL, scores$n_learners)
}

# The marginal density by Stan's sampler: the last attempt of the engine `marginal`.
sampled_marginal <- function(rows, model, parameters, first, progress) {
  path <- compiled_model("marginal", MARGINAL_STAN)
  settings <- c(MARGINAL_CHAINS, parameters["seed"])
  names <- c("b_Intercept", "b_week", "log_sd_Intercept", "log_sd_week", "atanh_cor", "log_sigma")
  centre <- c(first$points %*% first$weight)
  init <- stats::setNames(as.list(centre), names)
  sampled <- run_chains(path, marginal_data(rows, model$priors), names, settings, progress, init)
  points <- t(flat_draws(sampled$draws[, , names, drop = FALSE]))
  natural <- natural_draws(points)
  hyper <- array(natural, c(dim(sampled$draws)[1:2], N_HYPER), list(NULL, NULL, HYPER_NAMES))
  chain_attempt("Stan, marginal density", chain_facts(sampled, hyper), hyper, "marginal_stan")
}

marginal_data <- function(rows, priors) {
  own <- unique(rows$learner)
  group <- match(rows$learner, own)
  lines <- own_lines(rows)
  centre <- rowsum(rows$x, group, reorder = FALSE)[, 1L] / tabulate(group)
  numbers <- lapply(priors[SCALAR_PRIORS], prior_numbers)
  pick <- function(field) unname(vapply(numbers, function(one) as.double(one[[field]]), 0))
  list(
    n = length(rows$x), n_learners = length(own), x = rows$x - centre[group], rho = lines$rest,
    error = if (is.null(rows$se)) rep(0, length(rows$x)) else rows$se^2, first = match(seq_along(own), group),
    last = cumsum(tabulate(group)), centre = unname(centre),
    line = cbind(lines$level, ifelse(is.na(lines$slope), 0,
                                     lines$slope)), prior_kind = as.integer(pick("kind")),
    prior_df = pick("df"), prior_location = pick("location"), prior_scale = pick("scale"),
    eta = priors$cor$numbers
  )
}
