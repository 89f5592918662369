# Intervals hold what they promise, and the measures are what they say.

test_that("the half-width is the order statistic of split conformal prediction, else by the scale", {
  errors <- noise(30L, 1)
  expect_equal(half_width(errors, 0.9), sort(abs(errors))[28L]) # the 28th, since 31 times 0.9 is 27.9
  expect_equal(half_width(errors[1:9], 0.9), max(abs(errors[1:9])))
  expect_equal(half_width(errors[1:6], 0.9), robust_scale(errors[1:6]) * ratio_exceeded(0.1, 6L))
  expect_identical(half_width(errors[1:4], 0.9), NA_real_)
})

test_that("intervals hold 90% one and four weeks ahead, of noise and of a random walk", {
  held <- lapply(c(0, 1), function(carry) {
    tables <- lapply(seq_len(draws(6L, 12L)), function(seed) {
      run <- rolled(noise(25L + 40L, 70 + seed, carry), horizon = 4L, threshold = 99, evaluate_weeks = 60L)
      width <- half_widths(run, run$chosen, 0.9)
      expect_true(all(apply(width[20:66, ], 1L, diff) >= 0))
      do.call(rbind, lapply(c(1L, 4L), coverage_ahead, run = run, served = in_unit(run, run$served, width)))
    })
    total <- Reduce(`+`, lapply(tables, function(table) as.matrix(table[c("n", "held")])))
    total[, "held"] / total[, "n"]
  })
  expect_true(all(unlist(held) > 0.84 & unlist(held) < 0.97), info = paste(unlist(held), collapse = " "))
})

test_that("an interval knows only errors of weeks that were over when it was made", {
  run <- rolled(noise(40L, 3), horizon = 3L, threshold = 99)
  width <- half_widths(run, run$chosen, 0.9)
  later <- run
  later$y[31:40] <- later$value[31:40] <- 500
  expect_equal(half_widths(later, run$chosen, 0.9)[1:31, ], width[1:31, ])
})

test_that("pinball loss and relative errors are their definitions", {
  run <- rolled(noise(30L, 4), threshold = 99)
  width <- half_widths(run, run$chosen, 0.9)
  both <- 15:30
  y <- run$y[both]
  bound <- run$served[both, 1L] + width[both, 1L]
  mid <- run$served[both, 1L]
  low <- run$served[both, 1L] - width[both, 1L]
  rho <- function(u, tau) u * (tau - (u < 0))
  expect_equal(pinball_loss(run, in_unit(run, run$served, width), 0.9, both),
               mean(c(mean(rho(y - low, 0.05)), mean(rho(y - mid, 0.5)), mean(rho(y - bound, 0.95)))))
  naive <- abs(diff(run$y))[8:29]
  ets <- abs(run$y - run$paths[1:30, 1L, "ets"])[9:30]
  expect_equal(relative_errors(run, 2:30)$value[["ets"]], mean(ets) / mean(naive))
  expect_equal(relative_errors(run, 2:30)$value[["naive"]], 1)
})

test_that("of errors that are often equal the size nearest to the level counts, with 85% at least", {
  expect_equal(half_width(rep(c(0, 1, 2), c(30L, 17L, 5L)), 0.9), 1) # 47 of 53: 89%; the next holds 98%
  expect_equal(half_width(rep(c(0, 1), c(44L, 8L)), 0.9), 1) # 44 of 53 would be 83%
})

# Where noise grows its size is known too late, where it shrinks too.
growing <- seq(0.2, 3, length.out = 104L)
kinds_of_series <- list(
  white = noise, walk = function(n, seed) noise(n, seed, 1),
  season = function(n, seed) noise(n, seed) + 3 * sin(2 * pi * seq_len(n) / 52),
  growing = function(n, seed) noise(n, seed) * growing,
  shrinking = function(n, seed) noise(n, seed) * rev(growing),
  carried = function(n, seed) noise(n, seed, 0.6),
  trend = function(n, seed) noise(n, seed) + seq_len(n) / 10,
  tails = function(n, seed) stats::qt(stats::pnorm(noise(n, seed)), 3),
  shift = function(n, seed) noise(n, seed) + 5 * (seq_len(n) > n / 2),
  local_trend = function(n, seed) cumsum(cumsum(noise(n, seed)) / 10) + noise(n, seed + 50),
  tailed_walk = function(n, seed) cumsum(stats::qt(stats::pnorm(noise(n, seed)), 4)),
  drift = function(n, seed) cumsum(noise(n, seed) + 0.2)
)
LEVELS <- c(0.8, 0.9, 0.95)

# The share of the weeks of `sets` series in their intervals at each level.
held_by_kind <- function(kind, sets) {
  found <- vapply(seq_len(sets), function(seed) {
    run <- rolled(kind(104L, seed), evaluate_weeks = 104L)
    vapply(LEVELS, function(level) {
      served <- in_unit(run, run$served, half_widths(run, run$chosen, level))
      unlist(coverage_ahead(run, served, 1L)[c("held", "n")])
    }, double(2L))
  }, matrix(0, 2L, 3L))
  rowSums(found[1L, , , drop = FALSE], dims = 2L) / rowSums(found[2L, , , drop = FALSE], dims = 2L)
}

test_that("intervals of 80%, 90% and 95% hold what they promise in series of many kinds", {
  for (name in names(kinds_of_series)[seq_len(draws(3L, 12L))]) {
    held <- held_by_kind(kinds_of_series[[name]], draws(1L, 8L))
    right <- switch(name, growing = c(0.62, 0.76, 0.84), shrinking = c(0.92, 0.97, 0.99), LEVELS)
    expect_true(all(abs(held - right) < draws(c(0.1, 0.08, 0.06), c(0.05, 0.035, 0.03))),
                info = paste(name, toString(round(held, 3L))))
  }
})

# The chance that the next week lies in the interval made for it, by the true distribution, over the weeks
# from the 31st on; `sizes`: what the weeks rest on, one number or the mean of Poisson numbers.
chance_held <- function(kind, size, p, sets, varies = FALSE, weeks = 60L) {
  each <- vapply(seq_len(sets), function(set) {
    set.seed(1000 * set + size)
    n <- if (varies) pmax(stats::rpois(weeks, size), 1L) else rep(size, weeks)
    k <- if (kind == "count") stats::rpois(weeks, p) else stats::rbinom(weeks, n, p)
    value <- if (kind == "count") k else round(k / n, 6L) # as the warehouse stores it
    metric <- if (kind == "count") "answers" else "accuracy"
    rows <- series_rows(value, metric, n = if (kind == "count") k else n)
    series <- weekly_series(list(series = rows), NULL)
    run <- roll_series(with_law(series[[1L]], noise_laws(series)),
                       list(horizon = 1L, threshold = 2.5, evaluate_weeks = 156L, methods = METHODS[1:3]))
    unit <- in_unit(run, run$served, half_widths(run, run$chosen, 0.9))
    mean(mapply(truly_within, unit$lower[31:61, 1L], unit$upper[31:61, 1L],
                MoreArgs = list(kind = kind, size = size, p = p, varies = varies)))
  }, 1)
  mean(each)
}

truly_within <- function(lower, upper, kind, size, p, varies) {
  if (kind == "count") return(stats::ppois(upper, p) - stats::ppois(ceiling(lower) - 1, p))
  n <- if (varies) seq_len(3L * size + 10L) else size
  weight <- if (varies) stats::dpois(n, size) / sum(stats::dpois(n, size)) else 1
  below <- function(k) stats::pbinom(k, n, p)
  sum(weight * (below(floor(upper * n + 1e-5)) - below(ceiling(lower * n - 1e-5) - 1)))
}

test_that("intervals of shares hold 85% to 95% of the next week's values in the metric's unit", {
  cells <- expand.grid(n = draws(c(5, 10), c(5, 10, 30, 100)), p = draws(0.8, c(0.5, 0.8, 0.95)))
  for (varies in draws(FALSE, c(FALSE, TRUE))) {
    held <- mapply(chance_held, size = cells$n, p = cells$p,
                   MoreArgs = list(kind = "share", sets = draws(2L, 20L), varies = varies))
    # with 5 answers and p = .95, {1} holds 77% and {.8, 1} 98%: nothing between is possible
    most <- ifelse(cells$n == 5 & cells$p == 0.95, 0.98, draws(0.98, 0.955))
    expect_true(all(held >= 0.85 & held <= most), info = paste(round(held, 3L), collapse = " "))
  }
})

test_that("intervals of small counts hold as much, and are whole numbers", {
  held <- mapply(chance_held, p = draws(c(1, 10), c(0.3, 1, 3, 10, 30)),
                 MoreArgs = list(kind = "count", size = 1, sets = draws(2L, 20L)))
  expect_true(all(held >= 0.85 & held <= draws(0.975, 0.965)), info = paste(round(held, 3L), collapse = " "))
  found <- forecast_answer(series_rows(stats::rpois(40L, 3)))$result$forecast
  expect_equal(found$yhat_lower, round(found$yhat_lower))
  expect_equal(found$yhat_upper, round(found$yhat_upper))
})

test_that("a value on a bound lies within, though values are stored with six digits", {
  bounds <- possible_bounds("share", c(0.3333334, 0.31), c(0.6666666, 0.69), 3)
  expect_true(all(bounds$lower <= 0.333333 & bounds$upper >= 0.666667))
  expect_true(all(bounds$lower > 0.333331 & bounds$upper < 0.666669))
  expect_equal(possible_bounds("count", c(2.2, 2.6), c(3.1, 2.9), NA),
               list(lower = c(3, 2.6), upper = c(3, 2.9)))
  # where n varies, all values are possible
  expect_equal(possible_bounds("share", 0.85, 1, NA), list(lower = 0.85, upper = 1))
})
