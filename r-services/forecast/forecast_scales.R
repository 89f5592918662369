# The scale on which a metric is forecast: counts by logarithm, shares by logit, what is bounded or real as it
# is.

# Metrics that are known by name; any other is taken for a real number without bounds.
METRIC_KINDS <- c(answers = "count", active_learners = "count", accuracy = "share", I_t = "bounded",
                  improvement = "bounded")
KIND_RANGES <- list(count = c(0, Inf), share = c(0, 1), bounded = c(-1, 1), real = c(-Inf, Inf))
# Half a count lets 0 be a logarithm; half an answer on each side does the same for shares of 0 and 1. A share
# whose n is unknown is taken for one of 100.
HALF <- 0.5
N_IF_UNTOLD <- 100

metric_kind <- function(metric) {
  kind <- unname(METRIC_KINDS[metric])
  ifelse(is.na(kind), "real", kind)
}

# value, n: equally long; NA stays NA.
to_scale <- function(kind, value, n) {
  n <- ifelse(is.na(n), N_IF_UNTOLD, n)
  switch(kind, count = log(value + HALF), share = stats::qlogis((value * n + HALF) / (n + 2 * HALF)), value)
}

# Back in the metric's own unit and within its range. The median stays the median; a mean would not.
from_scale <- function(kind, x) {
  value <- switch(kind, count = exp(x) - HALF, share = stats::plogis(x), x)
  range <- KIND_RANGES[[kind]]
  pmin(pmax(value, range[1L]), range[2L])
}
