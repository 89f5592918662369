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

known_n <- function(n) ifelse(is.na(n) | n <= 0, N_IF_UNTOLD, n)

# value, n: equally long; NA stays NA.
to_scale <- function(kind, value, n) {
  n <- known_n(n)
  switch(kind, count = log(value + HALF), share = stats::qlogis((value * n + HALF) / (n + 2 * HALF)), value)
}

# Back in the metric's own unit and within its range, where the week rests on n: what to_scale() added is
# taken off again, so that 1.0 is served as 1.0. The median stays the median; a mean would not.
from_scale <- function(kind, x, n = NA_real_) {
  n <- known_n(n)
  value <- switch(kind, count = exp(x) - HALF,
                  share = (stats::plogis(x) * (n + 2 * HALF) - HALF) / n, x)
  range <- KIND_RANGES[[kind]]
  pmin(pmax(value, range[1L]), range[2L])
}

# A week to come is expected to rest on the median of the n of so many known weeks before it.
RECENT_WEEKS <- 8L

recent_n <- function(n) utils::tail(n[!is.na(n)], RECENT_WEEKS)

# The upper of two middle values, so that it is a number of answers that occurred. NA where none is known.
usual_n <- function(n) {
  recent <- recent_n(n)
  if (length(recent)) sort(recent)[length(recent) %/% 2L + 1L] else NA_real_
}

# The n of all recent weeks; NA where they differ.
steady_n <- function(n) {
  recent <- unique(recent_n(n))
  if (length(recent) == 1L) recent else NA_real_
}

# `of` the weeks before each week and before the week to come.
before_each <- function(n, of) vapply(seq_len(length(n) + 1L), function(week) of(n[seq_len(week - 1L)]), 1)
