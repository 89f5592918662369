# Noise that depends on what a week rests on.

# Scopes whose sizes fall to a tenth, as a school that empties; each value the mean of `n` normal numbers,
# plus noise that all weeks have alike.
emptying <- function(seed, alike = 0, scopes = 6L, weeks = 150L) {
  set.seed(seed)
  do.call(rbind, lapply(seq_len(scopes), function(scope) {
    n <- round(40 * scope * 10^-(seq_len(weeks) / weeks))
    series_rows(stats::rnorm(weeks, 0, sqrt(1 / n + alike^2)), "score", paste0("topic:", scope), n)
  }))
}

of_rows <- function(rows) {
  series <- weekly_series(list(series = rows), NULL)
  lapply(series, with_law, laws = noise_laws(series))
}

last_share <- function(rows) utils::tail(of_rows(rows)[[1L]]$law$share, 1L)

test_that("the law separates noise by sampling from noise that is the same in all weeks", {
  sampled <- vapply(1:5, function(seed) last_share(emptying(seed)), 1)
  alike <- vapply(1:5, function(seed) last_share(emptying(seed, alike = 3)), 1)
  expect_true(all(sampled >= 0.8))
  expect_true(all(alike <= 0.2))
  expect_identical(last_share(emptying(1L, scopes = 1L, weeks = 40L)), 0) # too few differences to say
  expect_identical(last_share(transform(emptying(1L), n = NA_real_)), 0)
})

test_that("the law of a week rests on the weeks before it", {
  rows <- emptying(1L)
  late <- rows$week_start >= MONDAY + 7L * 100L
  changed <- of_rows(replace(rows, "value", list(ifelse(late, rows$value * 50, rows$value))))
  expect_identical(of_rows(rows)[[2L]]$law[1:101, ], changed[[2L]]$law[1:101, ])
  shuffled <- of_rows(rows[sample(nrow(rows)), ])
  expect_identical(shuffled, of_rows(rows))
})

test_that("a school that empties raises no alarm, while a spike of its present noise is found", {
  series <- unlist(lapply(1:3, function(seed) of_rows(emptying(seed))), recursive = FALSE)
  # the naive method is enough here, and quick; its errors hold the noise of two weeks
  settings <- list(horizon = 1L, threshold = 2.5, evaluate_weeks = 156L, methods = "naive")
  weighed <- lapply(series, roll_series, settings)
  plain <- lapply(series, function(one) roll_series(one[c("y", "weeks")], settings))
  alarms <- function(runs) mean(unlist(lapply(runs, function(run) run$flagged[!is.na(run$score)])))
  expect_lt(alarms(weighed), 0.02)
  expect_gt(alarms(plain), 0.03)
  found <- vapply(series, function(one) {
    one$y[140L] <- one$y[140L] + 4.5 * sqrt(2 / one$n[140L])
    roll_series(one, settings)$flagged[140L]
  }, TRUE)
  expect_gte(mean(found), 0.8)
})

test_that("a flagged week of more than half a year ago no longer counts as noise, a nearer one does", {
  events <- c(70L, 84L, 85L, 110L)
  run <- rolled(replace(noise(120L, 4), events, 9), methods = "naive")
  expect_true(all(run$flagged[events]))
  counted <- function(week) which(!is.na(comparable_errors(run, week)$past)) + week - ERROR_WEEKS - 1L
  expect_identical(events %in% counted(120L), c(FALSE, FALSE, FALSE, TRUE))
  expect_identical(events[1:3] %in% counted(108L), c(FALSE, TRUE, TRUE))
})
