# Priors of item parameters, all normal. The density of a slope is one of log a: the usual lognormal density
# of a has its mode below the median and would pull the whole scale.

# How much the start value of the spread counts against the data, in items.
SPREAD_PRIOR_ITEMS <- 2

#' Priors that suit most banks; replace a part by NULL to switch it off.
#'
#' @return list(log_a = list(mean, sd, learn), d = list(mean, sd), logit_c = list(mean, sd)). `learn`: mean
#'   and spread of log a are estimated from the data: the mean with a flat prior of its own (with anchors:
#'   it is theirs), the spread starting at `sd`. The priors of d and c are used by the 3PL only; the mean of
#'   d is 0.
default_priors <- function() {
  list(
    log_a = list(mean = 0, sd = 0.3, learn = TRUE), d = list(mean = 0, sd = 3),
    logit_c = list(mean = -1.39, sd = 0.5)
  )
}

check_priors <- function(priors) {
  if (!is.list(priors)) invalid("priors must be a list as default_priors() gives.")
  unknown <- setdiff(names(priors), names(default_priors()))
  if (length(unknown)) invalid(sprintf("priors has no part named %s.", some_of(unknown)))
  if (!is.null(priors$log_a) && is.null(priors$log_a$mean)) priors$log_a$mean <- 0
  for (part in names(priors)) check_number(priors[[part]]$sd, sprintf("priors$%s$sd", part), lowest = 0)
  if (!is.null(priors$d) && !identical(as.double(priors$d$mean), 0)) invalid("priors$d$mean must be 0.")
  for (part in setdiff(names(priors), "d")) {
    check_number(priors[[part]]$mean, sprintf("priors$%s$mean", part))
  }
  priors
}

# Only what the model has.
priors_of_model <- function(priors, model) {
  kept <- switch(model, Rasch = character(), `2PL` = "log_a", `3PL` = c("log_a", "d", "logit_c"))
  priors[intersect(names(priors), kept)]
}

precisions <- function(priors) {
  precision <- function(part) if (is.null(part)) 0 else 1 / part$sd^2
  mean_of <- function(part) if (is.null(part)) 0 else part$mean
  c(log_a = precision(priors$log_a), d = precision(priors$d), logit_c = precision(priors$logit_c),
    log_a_mean = mean_of(priors$log_a), logit_c_mean = mean_of(priors$logit_c))
}

# The spread of log a that makes the estimates most likely (empirical Bayes): without their prior, with
# sampling variance v, they would be normal(mean, spread^2 + v). `log_a` are the modes under `prior`.
learned_spread <- function(log_a, variance, prior, start) {
  variance <- pmin(variance, 1e6)
  unpenalised <- (log_a - prior$mean) * (1 + variance / prior$sd^2)
  minus_loglik <- function(log_spread) {
    total <- exp(2 * log_spread) + variance
    sum(log(total) + unpenalised^2 / total) +
      SPREAD_PRIOR_ITEMS * (2 * log_spread + start^2 / exp(2 * log_spread))
  }
  exp(stats::optimize(minus_loglik, log(c(0.02, 2)), tol = 1e-3)$minimum)
}
