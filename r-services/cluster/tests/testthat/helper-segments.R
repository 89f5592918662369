# The service's functions as plain functions, and learners whose segments are known.

folder <- normalizePath(file.path("..", ".."))
for (file in setdiff(list.files(folder, pattern = "[.]R$", full.names = TRUE),
                     file.path(folder, "plumber.R"))) {
  source(file)
}
source(file.path(folder, "..", "fitservice", "tests", "testthat", "helper-service.R"))
library(fitservice)

FEW <- list(n_references = 40L, n_bootstraps = 15L) # enough for segments as clear as these

# Three ways to learn, in natural units: often and briefly, seldom and at length, with hints and time.
# Attribute `truth`: which of them. A tenth of the median response times is not known.
planted_learners <- function(n = 300L, seed = 1L) {
  with_seed(seed, {
    kind <- sample.int(3L, n, replace = TRUE, prob = c(0.4, 0.35, 0.25))
    of_kind <- function(values, spread) exp(log(values[kind]) + stats::rnorm(n, 0, spread))
    rows <- data.frame(
      user_id = sprintf("u%05d", sample.int(n)),
      engagement = stats::plogis(stats::rnorm(n, c(1, -1, 0)[kind], 0.4)),
      improvement = stats::rnorm(n, 0, 0.1), sessions = of_kind(c(60, 8, 25), 0.4),
      mean_gap_days = 1 + of_kind(c(0.3, 8, 2.5), 0.3),
      median_response_ms = of_kind(c(12000, 25000, 60000), 0.25),
      hints_per_answer = of_kind(c(0.05, 0.1, 0.6), 0.4), attempts = of_kind(c(250, 90, 200), 0.5)
    )
    rows$median_response_ms[sample.int(n, n %/% 10L)] <- NA
    structure(rows, truth = stats::setNames(kind, rows$user_id))
  })
}

# Learners without segments: skewed, correlated and with many zeros, as real features are.
alike_learners <- function(n = 400L, seed = 1L) {
  with_seed(seed, {
    z <- stats::rnorm(n) * 0.7 + matrix(stats::rnorm(n * 6L), n) * 0.7
    data.frame(
      user_id = sprintf("u%05d", seq_len(n)), engagement = stats::plogis(z[, 1L]),
      efficiency = pmax(z[, 2L], 0), sessions = 1 + stats::rpois(n, exp(1.5 + z[, 3L])),
      mean_gap_days = 1 + exp(0.5 - z[, 3L] + stats::rnorm(n, 0, 0.4)),
      median_response_ms = exp(9.5 + 0.6 * z[, 4L]),
      hints_per_answer = stats::rgamma(n, 1) * exp(0.3 * z[, 5L])
    )
  })
}

# One population of one rate of activity; 30% have a single active day, and so no gap.
one_rate_learners <- function(n = 400L, seed = 1L) {
  with_seed(seed, {
    rate <- exp(stats::rnorm(n, 1.5))
    days <- ifelse(stats::runif(n) < 0.3, 1L, 2L + stats::rpois(n, rate))
    data.frame(
      user_id = sprintf("u%05d", seq_len(n)),
      engagement = stats::plogis(log(days) - 1 + stats::rnorm(n, 0, 0.3)),
      sessions = days + stats::rpois(n, days / 4),
      mean_gap_days = ifelse(days > 1L, pmax(1, 80 / days * exp(stats::rnorm(n, 0, 0.4))), NA),
      attempts = days + stats::rpois(n, 6 * days)
    )
  })
}

# Two groups, `apart` standard deviations in each of the first `informative` of `p` features. Attribute
# `truth`.
two_groups <- function(informative, apart, p = 7L, n = 400L, seed = 1L) {
  with_seed(seed, {
    kind <- sample.int(2L, n, replace = TRUE)
    x <- matrix(stats::rnorm(n * p), n)
    x[, seq_len(informative)] <- x[, seq_len(informative)] + apart * kind
    structure(data.frame(user_id = sprintf("u%05d", seq_len(n)), x), truth = kind)
  })
}

fit_parameters <- function(...) {
  defaults <- lapply(segments_fit_parameters(), function(one) one$default)
  utils::modifyList(defaults, c(FEW, list(...)))
}

answer_for <- function(rows, previous = NULL, ...) {
  fit_segments(c(list(features = rows), list(previous = previous)), fit_parameters(...))
}

assigned <- function(answer) answer$tables$segment_assignments

refusal <- function(expr) tryCatch(expr, service_error = function(cause) cause)

assigned_only_gate <- function(answer) answer$gates[answer$gates$name == "assigned_only_share", ]
