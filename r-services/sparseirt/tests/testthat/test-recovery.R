recovers <- function(answers, model, b_within, a_within) {
  fit <- calibrated(answers, model)
  expect_true(fit$converged)
  expect_true(fit$loglik_never_fell)
  expect_true(fit$information_positive_definite)
  expect_lte(fit$iterations, 20L)
  expect_lt(rmse(fit$items$b, answers$bank$b), b_within)
  expect_lt(rmse(fit$items$a, answers$bank$a), a_within)
  fit
}

covered <- function(fit, bank) mean(abs(fit$items$b - bank$b) < stats::qnorm(0.975) * fit$items$se_b)

test_that("2PL, dense: 1,000 learners, 50 items; the spread of log a is learned", {
  answers <- simulated_answers(1000L, 50L)
  fit <- recovers(answers, "2PL", 0.13, 0.11)
  expect_equal(fit$prior$log_a$sd, 0.3, tolerance = 0.25)
  expect_match(fit$se_form, "^full")
})

test_that("2PL, dense: 95% intervals cover, the uncertainty of the scale included", {
  share <- vapply(1:8, function(seed) {
    answers <- simulated_answers(1000L, 50L, seed = 20L + seed)
    covered(calibrated(answers), answers$bank)
  }, 0)
  expect_gte(mean(share), 0.92)
  expect_lte(mean(share), 0.98)
})

test_that("with anchors and free group moments the intervals cover as well", {
  share <- vapply(1:6, function(seed) {
    answers <- simulated_answers(2000L, 60L, 30L, seed = seed, mean = 0.5, sd = 1.2)
    fixed <- seq(1L, 60L, 3L)
    bank <- lapply(answers$bank, `[`, fixed)
    fit <- calibrated(answers, anchors = list(item = fixed, a = bank$a, b = bank$b))
    mean((abs(fit$items$b - answers$bank$b) < stats::qnorm(0.975) * fit$items$se_b)[-fixed])
  }, 0)
  expect_gte(mean(share), 0.90)
  expect_lte(mean(share), 0.98)
})

test_that("2PL, sparse: 5,000 learners, 500 items, 50 answers each; 95% intervals cover", {
  errors <- vapply(1:8, function(seed) {
    answers <- simulated_answers(5000L, 500L, 50L, seed = seed)
    fit <- recovers(answers, "2PL", 0.18, 0.16)
    expect_equal(fit$prior$log_a$sd, 0.3, tolerance = 0.1)
    expect_match(fit$se_form, "^block")
    expect_gte(covered(fit, answers$bank), 0.90)
    expect_lte(covered(fit, answers$bank), 0.98)
    rmse(fit$items$b, answers$bank$b)
  }, 0)
  expect_lt(mean(errors), 0.157) # 0.153 over many banks; one extreme item moves a single bank's by 0.02
})

test_that("3PL, sparse: curves are recovered, 95% intervals cover", {
  answers <- simulated_answers(20000L, 200L, 40L, "3PL")
  fit <- calibrated(answers, "3PL")
  expect_true(fit$converged && fit$loglik_never_fell && fit$information_positive_definite)
  expect_lte(fit$iterations, 20L)
  theta <- seq(-2, 2, 0.1)
  gap <- function(j) rmse(probability(theta, fit$items, j), probability(theta, answers$bank, j))
  expect_lt(mean(vapply(seq_len(200L), gap, 0)), 0.02)
  expect_gte(covered(fit, answers$bank), 0.90)
  expect_lte(covered(fit, answers$bank), 0.98)
})

test_that("Rasch: slopes are 1 and the spread of theta is free", {
  answers <- simulated_answers(2000L, 40L, 20L, "Rasch", sd = 1.4)
  fit <- recovers(answers, "Rasch", 0.12, 1e-12)
  expect_equal(fit$group[["sd"]], 1.4, tolerance = 0.04)
  expect_equal(fit$n_parameters, 41L)
})
