# Each method against an independent implementation: forecast::rwf, forecast::ets and Prophet's own predict().

test_that("naive forecasts are those of forecast::rwf", {
  y <- noise(40L, 1)
  expect_equal(naive_path(y, 4L), as.double(forecast::rwf(y, h = 4L)$mean))
  expect_equal(naive_drift_path(y, 4L), as.double(forecast::rwf(y, h = 4L, drift = TRUE)$mean))
})

test_that("weeks that are missing count as time, not as data", {
  expect_equal(naive_path(c(1, 2, NA, NA), 2L), c(2, 2))
  expect_equal(naive_drift_path(c(0, NA, 2, 3, NA), 2L), c(5, 6))
  expect_true(all(is.na(naive_drift_path(c(1, NA, 2), 2L))))
})

test_that("exponential smoothing is forecast::ets; between estimations its state is what ets filters", {
  y <- cumsum(noise(60L, 2)) + noise(60L, 3)
  fitted <- forecast::ets(stats::ts(y[1:40]), model = "AZN")
  state <- ets_state(y[1:40])
  expect_equal(ets_path(state, 4L), as.double(forecast::forecast(fitted, h = 4L)$mean), tolerance = 1e-8)
  for (week in 41:44) state <- ets_state(y[1:week], state)
  filtered <- forecast::ets(stats::ts(y[1:44]), model = fitted, use.initial.values = TRUE)
  expect_equal(ets_path(state, 4L), as.double(forecast::forecast(filtered, h = 4L)$mean), tolerance = 1e-6)
  again <- ets_state(y[1:45], state) # a tenth more than 40 weeks, and a week
  expect_equal(again$age, 0L)
  expect_equal(ets_path(again, 2L), ets_path(ets_state(y[1:45]), 2L))
  expect_true(is_refit_due(4L, 10L) && is_refit_due(15L, 150L))
  expect_false(is_refit_due(3L, 10L) || is_refit_due(14L, 150L))
})

test_that("a week that is left out moves the state as if it had been expected", {
  y <- noise(30L, 4)
  state <- ets_state(y)
  held <- ets_state(c(y, NA), state)
  expect_equal(ets_path(held, 3L), ets_path(state, 4L)[2:4])
  expect_equal(held$filled[31L], ets_path(state, 1L))
})

test_that("a series that does not move has no smoothing, and too few values none either", {
  expect_null(ets_state(rep(3, 30L)))
  expect_null(ets_state(noise(7L, 1)))
  expect_null(prophet_model(mondays(25L), noise(25L, 1)))
})

test_that("Prophet's forecasts follow from the kept parameters, with and without a year's season", {
  for (n in c(40L, 130L)) {
    y <- noise(n, n) / 5 + sin(2 * pi * seq_len(n) / 52)
    y[7L] <- NA
    kept <- prophet_model(mondays(n), y)
    expect_equal(length(kept$beta), if (n < YEARLY_FROM_WEEKS) 0L else 20L)
    known <- !is.na(y)
    own <- suppressMessages(prophet::prophet(
      data.frame(ds = mondays(n)[known], y = y[known] + kept$lift),
      yearly.seasonality = n >= YEARLY_FROM_WEEKS,
      weekly.seasonality = FALSE, daily.seasonality = FALSE,
      n.changepoints = min(25L, floor(0.8 * (n - 1L)) - 1L),
      uncertainty.samples = 0, algorithm = "LBFGS"
    ))
    ahead <- max(mondays(n)) + 7L * 1:4
    expect_equal(prophet_at(kept, ahead), stats::predict(own, data.frame(ds = ahead))$yhat - kept$lift,
                 tolerance = 1e-8)
  }
})

test_that("scales go there and back, and what is bounded stays so", {
  expect_equal(from_scale("count", to_scale("count", c(0, 1, 250), NA)), c(0, 1, 250))
  for (n in c(1, 9, 1e6, NA)) {
    expect_equal(from_scale("share", to_scale("share", c(0, 0.5, 1), n), n), c(0, 0.5, 1))
  }
  expect_equal(from_scale("share", 50, 10), 1)
  expect_equal(from_scale("bounded", c(-3, 0.5, 3)), c(-1, 0.5, 1))
  expect_equal(from_scale("count", -20), 0)
  expect_equal(metric_kind(c("answers", "I_t", "y")), c("count", "bounded", "real"))
})
