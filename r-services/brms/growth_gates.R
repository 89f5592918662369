# The gates that decide whether a fit is published. NA is a failure, for the runner and for all_pass().

LARGEST_PARETO_K <- 0.7
FEWEST_ESS <- 400
LARGEST_RHAT <- 1.01
FEWEST_EBFMI <- 0.3

# How many standard deviations a score may lie from what the learner's other scores predict (N(0, 1) under
# the model), and a learner's mean from the population. Ten for 400 and more: among a billion scores
# one beyond 6.1 is expected, and noise with the tails of a t with 10 degrees of freedom stays below ten in a
# hundred thousand; what lies further is a broken score, not a rare one, and draws its learner's line and
# everybody's sigma with it. Fewer scores need a lower bound because a broken one widens sigma itself: z^2
# adds up to about n, so that none can exceed sqrt(n), and half of that means a quarter of all squares come
# from one score. Never below five, which no honest few hundred reach.
residual_bound <- function(n) min(10, max(5, sqrt(n) / 2))

gate <- function(name, value, lower = NA_real_, upper = NA_real_) {
  data.frame(name = name, value = as.double(value), lower = as.double(lower), upper = as.double(upper))
}

all_pass <- function(gates) length(failed_reasons(gates)) == 0L

# The gates outside of their bounds, in words.
failed_reasons <- function(gates) {
  below <- !is.na(gates$lower) & gates$value < gates$lower
  above <- !is.na(gates$upper) & gates$value > gates$upper
  failed <- is.na(gates$value) | below | above
  bounds <- ifelse(is.na(gates$lower), paste("at most", gates$upper), paste("at least", gates$lower))
  sprintf("%s is %s, needs %s", gates$name, signif(gates$value, 4L), bounds)[failed]
}

# Of chains: the worst of all hyperparameters. facts: list(by_parameter, divergences, ebfmi).
sampler_gates <- function(facts) {
  by <- facts$by_parameter
  rbind(gate("rhat", max(by$rhat), upper = LARGEST_RHAT),
        gate("ess_bulk", min(by$ess_bulk), lower = FEWEST_ESS),
        gate("ess_tail", min(by$ess_tail), lower = FEWEST_ESS),
        gate("divergences", facts$divergences, upper = 0),
        gate("ebfmi", min(facts$ebfmi), lower = FEWEST_EBFMI))
}
