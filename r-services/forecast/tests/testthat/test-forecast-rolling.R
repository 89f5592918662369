# Rolling origin: what is found, what is not, and that no week knows a later one.

# An independent rolling origin in a few lines: no state, every forecast from scratch.
plain_rolling <- function(y, path, from) {
  vapply(from:(length(y) + 1L), function(week) path(y[seq_len(week - 1L)], 1L), 1)
}

test_that("rolling forecasts are those made from scratch at each origin", {
  y <- noise(24L, 11)
  run <- rolled(y, threshold = 99)
  expect_equal(run$paths[2:25, 1L, "naive"], plain_rolling(y, naive_path, 2L))
  expect_equal(run$paths[2:25, 1L, "naive_drift"], plain_rolling(y, naive_drift_path, 2L))
  at <- c(9L, 13L, 17L, 21L, 25L) # weeks at which ETS is estimated
  from_scratch <- vapply(at, function(week) ets_path(ets_state(y[seq_len(week - 1L)]), 1L), 1)
  expect_equal(run$paths[at, 1L, "ets"], from_scratch, tolerance = 1e-6)
})

test_that("what is judged, served and chosen of a week does not depend on later weeks", {
  y <- c(noise(30L, 5), 9, noise(9L, 6))
  all <- rolled(y)
  later <- y
  later[33:40] <- later[33:40] + 1000
  other <- rolled(later)
  short <- rolled(y[1:32])
  for (run in list(other, short)) {
    expect_equal(run$score[1:32], all$score[1:32])
    expect_equal(run$served[1:32, ], all$served[1:32, ])
    expect_equal(run$chosen[1:32], all$chosen[1:32])
  }
})

test_that("served is the method with the lowest mean absolute error against naive so far", {
  y <- noise(40L, 8)
  run <- rolled(y, threshold = 99)
  for (week in c(25L, 41L)) {
    ratio <- vapply(c("naive", "naive_drift", "ets"), function(method) {
      own <- abs(y - run$paths[seq_along(y), 1L, method])[2:(week - 1L)]
      naive <- abs(y - run$paths[seq_along(y), 1L, "naive"])[2:(week - 1L)]
      mean(own[!is.na(own)]) / mean(naive[!is.na(own)])
    }, 1)
    expect_equal(run$chosen[week], names(which.min(ratio)))
  }
  expect_equal(run$chosen[41L], "ets") # for noise, a mean beats the last value
})

test_that("with 8 weeks a spike is found, and the first weeks say that they cannot", {
  run <- rolled(c(0.3, -0.5, 0.1, 0.6, -0.2, 0.4, -0.1, 9))
  expect_true(run$flagged[8L])
  expect_equal(which(is.na(run$score)), 1:6)
  expect_equal(judgements(run)[c(6L, 7L, 8L)], c("not_enough_data", "usual", "anomaly"))
})

test_that("a spike is left out of what is learnt: the week after it is usual and the level stays", {
  for (seed in 21:26) {
    run <- rolled(replace(noise(60L, seed), 50L, 12))
    expect_equal(run$flagged[50:51], c(TRUE, FALSE))
    expect_true(is.na(run$train[50L]))
    expect_lt(abs(run$served[51L, 1L]), 1.5)
  }
})

test_that("a level shift is flagged three weeks long, dated with its size, and then learnt", {
  found <- vapply(1:8, function(seed) {
    y <- noise(60L, seed) + ifelse(seq_len(60L) >= 41L, 8, 0)
    run <- rolled(y)
    expect_true(all(abs(run$shifts$delta - 8) < 4 * run$shifts$se))
    c(nrow(run$shifts) == 1L && run$shifts$week == 41L, sum(run$flagged[44:60]))
  }, double(2L))
  expect_gte(sum(found[1L, ]), 7L)
  expect_lte(sum(found[2L, ]), 7L) # of 136 weeks after the shifts
})

test_that("a week after a flagged one waits: it belongs to a shift, or is learnt from after all", {
  quiet <- noise(60L, 4) / 10
  before <- rolled(quiet[1:50], methods = "naive")
  scale <- robust_scale(stats::na.omit(past_errors(before, 51L)))
  at <- function(scores) {
    y <- replace(quiet, 50L + seq_along(scores), before$served[51L, 1L] + scores * scale)
    rolled(y, methods = "naive")
  }
  shift <- at(c(6, 2.2, 6, 6))
  expect_equal(unlist(shift$shifts[1L, c("week", "seen")], use.names = FALSE), c(51L, 53L)) # and back later
  expect_equal(judgements(shift)[51:53], c("level_shift", "usual", "level_shift"))
  expect_false(anyNA(shift$train[51:53]))
  back <- at(c(6, 2.2, 0, 0))
  expect_equal(nrow(back$shifts), 0L)
  expect_equal(is.na(back$train[51:53]), c(TRUE, FALSE, FALSE))
  other_side <- at(c(6, -2.2, 6))
  expect_false(51L %in% other_side$shifts$week)
  weak <- at(c(2.9, 2.2, 2.2)) # on one side, but in the mean not far enough
  expect_equal(nrow(weak$shifts), 0L)
})

test_that("a missing week is missing, not 0: nothing is judged or learnt from it", {
  y <- noise(40L, 31)
  y[c(12L, 30L)] <- NA
  run <- rolled(y)
  expect_equal(judgements(run)[c(12L, 30L)], c("missing", "missing"))
  expect_true(all(is.finite(run$served[3:41, 1L])))
  expect_equal(run$paths[[31L, 1L, "naive"]], y[29L])
})

test_that("a threshold of 2.5 flags about 1.24% of weeks of noise and finds nine of ten 4-sigma spikes", {
  # white noise, half carried over, a random walk; more of it, with Prophet, in bench/forecast.py
  counted <- vapply(c(0, 0.5, 1), function(carry) {
    runs <- lapply(seq_len(draws(3L, 5L)), function(seed) rolled(noise(150L, 1000 * carry + seed, carry)))
    c(sum(vapply(runs, function(run) sum(run$flagged), 1)),
      sum(vapply(runs, function(run) sum(!is.na(run$score)), 1)))
  }, double(2L))
  rates <- counted[1L, ] / counted[2L, ]
  expect_true(all(rates < 0.026), info = paste(rates, collapse = " ")) # 420 weeks each, or 700
  expect_lt(sum(counted[1L, ]) / sum(counted[2L, ]), 0.02)
  expect_gt(sum(counted[1L, ]) / sum(counted[2L, ]), 0.005)
  short <- lapply(seq_len(draws(60L, 120L)), function(seed) rolled(noise(12L, seed)))
  flagged <- vapply(short, function(run) sum(run$flagged), 1)
  judged <- vapply(short, function(run) sum(!is.na(run$score)), 1)
  expect_lt(sum(flagged) / sum(judged), 0.02)
  found <- vapply(1:20, function(seed) {
    y <- noise(121L, 5000 + seed)
    y[121L] <- y[121L] + 4 * c(-1, 1)[seed %% 2L + 1L]
    rolled(y)$flagged[121L]
  }, NA)
  expect_gte(mean(found), 0.75) # 90% in the mean; 20 draws
})
