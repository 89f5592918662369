# A small fit with a known answer, run once when the service starts; /readyz waits for it.

# Gaps with a constant daily hazard exp(-1.5 + x): seeded here without touching R's random numbers.
self_test_rows <- function(n = 400L) {
  even <- function(start, step) ((start + step * seq_len(n)) %% 1)
  x <- 2 * even(0.3, 0.6180339887) - 1
  gap <- ceiling(-log(1 - 0.999 * even(0.1, 0.7548776662)) / exp(-1.5 + x))
  data.frame(
    user_id = sprintf("u%03d", seq_len(n) %% 97L), gap_started_on = as.Date("2020-01-31") - 30L,
    observed_gap_days = as.integer(pmin(gap, 30L)), returned = gap <= 30, accuracy = x
  )
}

self_test <- function() {
  fit <- fit_return_model(self_test_rows())
  stopifnot(fit$converged, abs(fit$coefficients$estimate[1L] - 1) < 0.25)
  learners <- data.frame(user_id = c("a", "b"), idle_days = c(0L, 5L), accuracy = c(-1, 1))
  scored <- score_learners(fit$model, learners, list(event_threshold_days = 14L, horizon_days = 14L))
  stopifnot(all(scored$risk_score > 0 & scored$risk_score < 1), scored$risk_score[1L] > scored$risk_score[2L])
  self_test_forecast()
}

# A steady zigzag with one week far off: that week is flagged, and what follows is forecast near its mean.
self_test_forecast <- function() {
  y <- replace(rep(c(-1, 1, 0.5, -0.5), 8L), 30L, 9)
  weeks <- as.Date("2020-01-06") + 7L * (seq_along(y) - 1L)
  run <- roll_series(list(y = y, weeks = weeks),
                     list(horizon = 1L, threshold = 2.5, evaluate_weeks = 156L, methods = METHODS[1:3]))
  stopifnot(identical(which(run$flagged), 30L), abs(run$served[33L, 1L]) < 1)
}
