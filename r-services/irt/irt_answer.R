# The answer of the irt fit: meta data, gates, notices, landing rows.

INFORMATION_AT <- seq(-3, 3, by = 0.5)
LARGEST_SHARE_UNSTABLE <- 0.2
FEWEST_FOR_DIRECTION <- 5L  # answers of a learner whose share of right ones is informative

irt_answer <- function(run, renewed, bank, version, scores, answers, window, parameters) {
  topics <- if (!is.null(scores$topic)) topic_deviations(scores$topic, run$group)
  meta <- fit_meta(run, renewed, version, scores, topics, window, parameters)
  items <- item_table(renewed, version)
  abilities <- scores$learner
  list(
    result = list(
      fit_meta = meta, item_params = nested_items(renewed, version),
      abilities = data.frame(user_id = abilities$user_id, theta = abilities$theta_eap, se = abilities$se_eap,
                             abilities[c("theta_eap", "se_eap", "theta_wle", "se_wle", "n")])
    ),
    tables = list(
      mirt_item_params = items,
      mirt_ability = ability_rows(abilities, parameters$model, version),
      ability_weekly = weekly_rows(scores$week),
      ability_change = scores$change$rows,
      student_topic_theta = topic_rows(scores$topic, topics$rows, parameters$model, version),
      mirt_fit_meta = data.frame(lapply(meta[c("model_spec", "metrics", "linking_constants")],
                                        fitservice::json_text)),
      item_drift = run$drift
    ),
    gates = irt_gates(run, scores, answers, renewed, parameters),
    notices = c(copies_notice(run$copies), unknown_items_notice(answers, renewed), drift_notice(run$drift),
                dependence_notice(run$local_dependence))
  )
}

fit_meta <- function(run, renewed, version, scores, topics, window, parameters) {
  fit <- run$fit
  named <- parameters[c("as_of", "lookback_days", "lookback_weeks", "max_observations", "rapid_guess_ms")]
  learners <- scores$learner
  list(
    run_id = parameters$run_id,
    model_spec = c(list(model = parameters$model, version = version, priors = fit$prior,
                        nodes = fit$n_nodes), Filter(Negate(is.null), named)),
    metrics = list(
      loglik = fit$loglik, aic = fit$aic, bic = fit$bic, iterations = fit$iterations,
      converged = fit$converged, n_parameters = fit$n_parameters,
      n_answers = length(window$right), n_learners = window$n_learners,
      n_items = length(window$items), n_items_in_bank = nrow(renewed),
      n_operational = sum(renewed$status == "operational"), n_new_or_changed = sum(renewed$is_new),
      n_learners_scored = nrow(learners), group = as.list(run$group),
      reliability = reliability(learners), standard_errors = fit$se_form,
      topics = topics[c("spread", "gain", "n_topics")],
      local_dependence = run$local_dependence[c("mean_q3", "n_pairs", "worst_pairs")],
      change = scores$change$model,
      test_information = data.frame(theta = INFORMATION_AT, information = sparseirt::test_information(
        INFORMATION_AT, renewed$a, renewed$b, renewed$c))
    ),
    linking_constants = run$linking
  )
}

reliability <- function(learners) {
  if (nrow(learners) < 2L) return(NA_real_)
  sparseirt::marginal_reliability(learners$theta_eap, learners$se_eap)
}

irt_gates <- function(run, scores, answers, renewed, parameters) {
  gates <- data.frame(
    name = c("converged", "log_likelihood_never_fell", "information_positive_definite", "scale_direction",
             "reliability"),
    value = c(run$fit$converged, run$fit$loglik_never_fell, run$fit$information_positive_definite,
              scale_direction(scores$learner, answers, renewed), reliability(scores$learner)),
    lower = c(1, 1, 1, 0, 0), upper = NA_real_
  )
  if (is.null(run$has_bank)) return(gates)
  rbind(gates, data.frame(
    name = c("n_anchors", "share_of_unstable_anchors"),
    value = c(run$linking$n_anchors_used, run$share_unstable),
    lower = c(parameters$min_anchors, NA), upper = c(NA, LARGEST_SHARE_UNSTABLE)
  ))
}

# Correlation of theta with the share of right answers; NA, a failure, where too few shares are informative.
scale_direction <- function(learners, answers, renewed) {
  counted <- which(answers$is_scored & answers$items[answers$item] %in% renewed$item_id)
  n <- tabulate(answers$learner[counted], length(answers$users))
  right <- tabulate(answers$learner[counted[answers$right[counted] == 1L]], length(answers$users))
  place <- match(learners$user_id, answers$users)
  enough <- n[place] >= min(FEWEST_FOR_DIRECTION, max(n))
  share <- (right / n)[place[enough]]
  theta <- learners$theta_eap[enough]
  if (length(theta) < 3L || stats::sd(share) == 0 || stats::sd(theta) == 0) return(NA_real_)
  stats::cor(theta, share)
}

item_table <- function(renewed, version) {
  data.frame(item_id = renewed$item_id, model = renewed$model, params = params_json(renewed),
             se = se_json(renewed), n_responses = renewed$n_responses, fit = renewed$item_fit,
             status = renewed$status, version = version)
}

nested_items <- function(renewed, version) {
  items <- data.frame(item_id = renewed$item_id)
  items$params <- structure(params_json(renewed), class = "json")
  items$se <- structure(se_json(renewed), class = "json")
  cbind(items, n = renewed$n_responses, model = renewed$model, status = renewed$status, version = version)
}

params_json <- function(items) {
  text <- lapply(items[c("a", "b", "c")], fitservice::number_text)
  sprintf("{\"a\":%s,\"b\":%s,\"c\":%s}", text$a, text$b, text$c)
}

se_json <- function(items) {
  text <- lapply(items[c("se_a", "se_b", "se_c", "cov_ab")], fitservice::number_text)
  sprintf("{\"a\":%s,\"b\":%s,\"c\":%s,\"cov_ab\":%s}", text$se_a, text$se_b, text$se_c, text$cov_ab)
}

# theta and se are what is said of a person: the EAP is finite and sensible after a single answer. Growth,
# which shrinks by itself, reads `ability_weekly` (docs/adr/0009).
ability_rows <- function(scores, model, version) {
  data.frame(user_id = scores$user_id, theta = scores$theta_eap, se = scores$se_eap, model = model,
             version = version, theta_wle = scores$theta_wle, se_wle = scores$se_wle)
}

weekly_rows <- function(scores) {
  if (is.null(scores)) {
    scores <- data.frame(user_id = character(), week_start = as.Date(character()), n = integer(),
                         theta_eap = double(), se_eap = double(), theta_wle = double(), se_wle = double())
  }
  scores[c("user_id", "week_start", "theta_wle", "se_wle", "theta_eap", "se_eap", "n")]
}

NO_TOPIC_ROWS <- data.frame(
  user_id = character(), theta = double(), se = double(), model = character(), version = character(),
  theta_wle = double(), se_wle = double(), topic_id = character(), n = integer(), deviation = double(),
  deviation_se = double(), theta_joint = double(), se_joint = double()
)

topic_rows <- function(scores, deviations, model, version) {
  if (is.null(scores)) return(NO_TOPIC_ROWS)
  cbind(ability_rows(scores, model, version), topic_id = scores$topic_id, n = scores$n,
        as.data.frame(lapply(deviations, fitservice::six_decimals)))
}

drift_notice <- function(drift) {
  c(if (any(drift$is_flagged)) sprintf("%d items differ from the bank.", sum(drift$is_flagged)),
    if (any(drift$is_persistent)) {
      sprintf(paste("%d of them also differed in the window before: they are estimated again and no longer",
                    "hold the scale."), sum(drift$is_persistent))
    })
}
