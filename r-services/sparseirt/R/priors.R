# Priors of item parameters, all normal. The density of a slope is one of log a, so that its mode is at a = 1:
# the usual lognormal density of a has its mode below 1 and would pull the whole scale.

# How much the start value of the spread counts against the data, in items.
SPREAD_PRIOR_ITEMS <- 2

#' Priors that suit most banks; replace a part by NULL to switch it off.
#'
#' @return list(log_a = list(sd, learn), d = list(mean, sd), logit_c = list(mean, sd)). `learn`: the spread of
#'   log a is estimated from the data, starting at `sd`. The priors of d and c are used by the 3PL only; the
#'   mean of d is 0.
default_priors <- function() {
  list(
    log_a = list(sd = 0.3, learn = TRUE), d = list(mean = 0, sd = 3), logit_c = list(mean = -1.39, sd = 0.5)
  )
}

check_priors <- function(priors) {
  if (!is.list(priors)) invalid("priors must be a list as default_priors() gives.")
  unknown <- setdiff(names(priors), names(default_priors()))
  if (length(unknown)) invalid(sprintf("priors has no part named %s.", some_of(unknown)))
  for (part in names(priors)) check_number(priors[[part]]$sd, sprintf("priors$%s$sd", part), lowest = 0)
  if (!is.null(priors$d) && !identical(as.double(priors$d$mean), 0)) invalid("priors$d$mean must be 0.")
  if (!is.null(priors$logit_c)) check_number(priors$logit_c$mean, "priors$logit_c$mean")
  priors
}

# Only what the model has.
priors_of_model <- function(priors, model) {
  kept <- switch(model, Rasch = character(), `2PL` = "log_a", `3PL` = c("log_a", "d", "logit_c"))
  priors[intersect(names(priors), kept)]
}

precisions <- function(priors) {
  precision <- function(part) if (is.null(part)) 0 else 1 / part$sd^2
  c(log_a = precision(priors$log_a), d = precision(priors$d), logit_c = precision(priors$logit_c),
    logit_c_mean = if (is.null(priors$logit_c)) 0 else priors$logit_c$mean)
}

# The spread of log a that makes the estimates most likely (empirical Bayes): without their prior, with
# sampling variance v, they would be normal(0, spread^2 + v). `log_a` are the modes under the spread `sd`.
learned_spread <- function(log_a, variance, sd, start) {
  variance <- pmin(variance, 1e6)
  unpenalised <- log_a * (1 + variance / sd^2)
  minus_loglik <- function(log_spread) {
    total <- exp(2 * log_spread) + variance
    sum(log(total) + unpenalised^2 / total) +
      SPREAD_PRIOR_ITEMS * (2 * log_spread + start^2 / exp(2 * log_spread))
  }
  exp(stats::optimize(minus_loglik, log(c(0.02, 2)), tol = 1e-3)$minimum)
}
