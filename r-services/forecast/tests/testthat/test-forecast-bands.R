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
      do.call(rbind, lapply(c(1L, 4L), coverage_ahead, run = run, width = width))
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
  later$y[31:40] <- 500
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
  expect_equal(pinball_loss(run, run$served, width, 0.9, both),
               mean(c(mean(rho(y - low, 0.05)), mean(rho(y - mid, 0.5)), mean(rho(y - bound, 0.95)))))
  naive <- abs(diff(run$y))[8:29]
  ets <- abs(run$y - run$paths[1:30, 1L, "ets"])[9:30]
  expect_equal(relative_errors(run, 2:30)$value[["ets"]], mean(ets) / mean(naive))
  expect_equal(relative_errors(run, 2:30)$value[["naive"]], 1)
})
