# A small fit with a known answer, run once when the service starts; /readyz waits for it.

# Normal numbers without touching R's random numbers: even steps around the circle, through the normal's
# quantiles.
even_normals <- function(n, start, step) stats::qnorm(((start + step * seq_len(n)) %% 1) * 0.998 + 0.001)

# 60 learners of 8 weeks: intercepts N(0.3, 0.8^2), slopes N(0.1, 0.05^2), noise sd 0.3.
self_test_rows <- function(n = 60L, n_weeks = 8L) {
  rows <- expand.grid(week = seq_len(n_weeks), learner = seq_len(n))
  level <- 0.3 + 0.8 * even_normals(n, 0.3, 0.6180339887)
  slope <- 0.1 + 0.05 * even_normals(n, 0.1, 0.7548776662)
  noise <- 0.3 * even_normals(nrow(rows), 0.5, 0.5698402910)
  data.frame(student_id = sprintf("u%02d", rows$learner), week = rows$week,
             score = level[rows$learner] + slope[rows$learner] * (rows$week - 4.5) + noise)
}

self_test <- function() {
  parameters <- lapply(growth_fit_parameters(), function(one) one$default)
  answer <- fit_growth(list(rows = self_test_rows()), parameters)
  found <- stats::setNames(answer$result$posterior_summary$estimate,
                           answer$result$posterior_summary$parameter)
  stopifnot(all_pass(answer$gates), abs(found[["b_Intercept"]] - 0.3) < 0.3,
            abs(found[["b_week"]] - 0.1) < 0.05,
            abs(found[["sigma"]] - 0.3) < 0.05)
  stopifnot(length(missing_stan_models()) == 0L)
}
