bank_of <- function(n, model = "2PL", seed = 1L) {
  set.seed(seed)
  simulated_bank(n, model)
}

# The bank as it looks from a scale with theta = A theta' + B.
seen_from <- function(bank, A, B) list(a = bank$a * A, b = (bank$b - B) / A, c = bank$c) # nolint: object_name_linter

test_that("a bank linked to itself gives A = 1 and B = 0", {
  for (model in c("Rasch", "2PL", "3PL")) for (method in c("stocking-lord", "mean-sigma")) {
    link <- link_scales(bank_of(30L, model), bank_of(30L, model), method = method)
    expect_equal(c(link$A, link$B), c(1, 0), tolerance = 1e-8)
    expect_equal(c(link$slope, link$intercept), c(link$A, link$B))
    expect_equal(link$n_anchors_used, 30L)
    expect_equal(link$dropped, integer())
  }
})

test_that("a known shift and stretch is recovered, and curves do not change", {
  for (model in c("2PL", "3PL")) {
    bank <- bank_of(25L, model)
    link <- link_scales(seen_from(bank, 1.3, -0.4), bank)
    expect_equal(c(link$A, link$B), c(1.3, -0.4), tolerance = 1e-6)
    expect_equal(unname(link$mean_sigma), c(1.3, -0.4), tolerance = 1e-8)
    back <- apply_link(seen_from(bank, 1.3, -0.4), link)
    theta <- seq(-3, 3, 0.5)
    for (j in 1:25) expect_equal(probability(theta, back, j), probability(theta, bank, j), tolerance = 1e-6)
  }
})

test_that("abilities and errors follow the line", {
  link <- list(A = 2, B = 1)
  own <- data.table(a = 1, b = 0.5, c = 0.2, d = -0.5, se_a = 0.1, se_b = 0.2, cov_ab = 0.01)
  moved <- apply_link(own, link)
  expect_equal(unlist(moved), c(a = 0.5, b = 2, c = 0.2, d = -1, se_a = 0.05, se_b = 0.4, cov_ab = 0.01))
  expect_equal(apply_link(list(theta_wle = -1, se_wle = 0.3), link), list(theta_wle = -1, se_wle = 0.6))
})

test_that("apply_link leaves the caller's table alone", {
  own <- data.table(a = 1, b = 0)
  apply_link(own, list(A = 2, B = 1))
  expect_equal(own$b, 0)
})

test_that("unstable anchors are dropped, at most a fifth; then the link is right", {
  bank <- bank_of(40L)
  here <- seen_from(bank, 0.8, 0.5)
  here$b[c(3L, 17L, 31L)] <- here$b[c(3L, 17L, 31L)] + 1.2
  here$a[22L] <- here$a[22L] * 2
  link <- link_scales(here, bank)
  expect_equal(link$dropped, c(3L, 17L, 22L, 31L))
  expect_equal(c(link$A, link$B), c(0.8, 0.5), tolerance = 1e-6)
  here$b[1:9] <- here$b[1:9] + seq(1, 5, 0.5)
  expect_error(link_scales(here, bank), "unstable", class = "too_few_anchors")
})

test_that("too few anchors are refused with the numbers", {
  bank <- bank_of(4L)
  cause <- tryCatch(link_scales(bank, bank), too_few_anchors = identity)
  expect_equal(cause$detail$n, 4L)
  expect_equal(link_scales(bank, bank, min_anchors = 3L)$A, 1, tolerance = 1e-8)
  expect_error(link_scales(bank, bank_of(5L)), "4 anchors, to has 5", class = "invalid_input")
})

test_that("Stocking-Lord brings two calibrations onto one scale", {
  bank <- bank_of(60L)
  first <- simulated_answers(8000L, 60L, 30L, seed = 1L, bank = bank)
  second <- simulated_answers(8000L, 60L, 30L, seed = 2L, bank = bank, mean = 0.5, sd = 1.2)
  to <- calibrated(first)$items
  from <- calibrated(second)$items
  link <- link_scales(from, to)
  # the first group's sample moments are the scale
  A <- stats::sd(second$theta) / stats::sd(first$theta) # nolint: object_name_linter
  B <- (mean(second$theta) - mean(first$theta)) / stats::sd(first$theta) # nolint: object_name_linter
  expect_equal(link$A, A, tolerance = 0.04)
  expect_equal(link$B, B, tolerance = 0.06)
  z <- (apply_link(from, link)$b - to$b) / sqrt((link$A * from$se_b)^2 + to$se_b^2)
  expect_lt(abs(mean(z)), 0.3)
  expect_equal(stats::sd(z), 1, tolerance = 0.25)
  expect_true(all(eigen(link$covariance)$values > 0))
  expect_lt(sqrt(link$covariance[2L, 2L]), 0.03)
})
