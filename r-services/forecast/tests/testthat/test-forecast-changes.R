# Change points: those that are there, with their size, and hardly any in noise.

changes_of <- function(y, kind = "count", metric = "answers") {
  series <- list(metric = metric, scope = "all", kind = kind, weeks = mondays(length(y)), y = y)
  run <- rolled(y, methods = METHODS)
  change_points(series, run, run$prophet$model)
}

test_that("a level shift is reported as a ratio with its week", {
  y <- 6 + 0.1 * noise(60L, 1) + ifelse(seq_len(60L) >= 41L, log(2.2), 0)
  found <- changes_of(y)
  level <- found[found$kind == "level", ]
  expect_equal(level$ds, mondays(60L)[41L])
  expect_equal(level$seen_on, mondays(60L)[44L])
  expect_true(level$lower < 1.2 && 1.2 < level$upper && level$unit == "ratio")
})

test_that("a change of trend is dated and its size lies in its interval", {
  week <- seq_len(80L)
  y <- 6 + 0.05 * noise(80L, 2) + 0.03 * pmax(week - 40, 0)
  trend <- changes_of(y)
  trend <- trend[trend$kind == "trend", ]
  expect_gte(nrow(trend), 1L)
  nearest <- trend[which.min(abs(trend$ds - mondays(80L)[41L])), ]
  expect_lte(abs(as.integer(nearest$ds - mondays(80L)[41L])), 63L)
  expect_true(nearest$lower < exp(0.03) - 1 && nearest$upper > 0 && nearest$unit == "ratio per week")
})

test_that("noise has no change points", {
  counted <- vapply(1:8, function(seed) nrow(changes_of(6 + 0.1 * noise(60L, seed))), 1L)
  expect_lte(sum(counted), 2L)
})
