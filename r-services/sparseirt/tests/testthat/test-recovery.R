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
    fit <- recovers(answers, "2PL", 0.185, 0.16)
    expect_equal(fit$prior$log_a$sd, 0.3, tolerance = 0.1)
    expect_match(fit$se_form, "^block")
    expect_gte(covered(fit, answers$bank), 0.90)
    expect_lte(covered(fit, answers$bank), 0.98)
    rmse(fit$items$b, answers$bank$b)
  }, 0)
  expect_lt(mean(errors), 0.159) # 0.152 over other banks; one extreme item moves a single bank's by 0.02
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

# Means over sets of: ratio of the mean slope to the truth, slope of b on its truth, shares of 95% intervals
# that cover theta, a and b, reliability that the scores claim less the true one, and whether each fit is
# sound.
scale_found <- function(sets, mean_a, model = "2PL") {
  rowMeans(vapply(sets, function(seed) {
    answers <- estimable(simulated_school(seed, mean_a, model = model))
    fit <- calibrated(answers, model)
    own <- scored(answers, fit$items)
    inside <- function(x, se, truth) mean(abs(x - truth) < stats::qnorm(0.975) * se)
    truth <- answers$bank
    theta <- answers$theta[own$group]
    with(fit$items, c(
      ratio_a = mean(a) / mean(truth$a), slope_b = stats::cov(b, truth$b) / stats::var(truth$b),
      theta = inside(own$theta_eap, own$se_eap, theta), a = inside(a, se_a, truth$a),
      b = inside(b, se_b, truth$b),
      claimed = marginal_reliability(own$theta_eap, own$se_eap) - stats::cor(own$theta_eap, theta)^2,
      sound = fit$converged && fit$loglik_never_fell
    ))
  }, numeric(7L)))
}

expect_scale <- function(found, lowest = 0.92, highest = 1.10) {
  expect_gte(min(found[c("ratio_a", "slope_b")]), lowest)
  expect_lte(max(found[c("ratio_a", "slope_b")]), highest)
  expect_gte(min(found[c("theta", "b")]), 0.93)
  expect_lte(max(found[c("theta", "b")]), 0.985)
  expect_gte(found[["a"]], 0.88) # the errors do not know how uncertain the learned spread is
  expect_lt(abs(found[["claimed"]]), 0.04)
  expect_equal(found[["sound"]], 1)
}

test_that("the scale is found wherever the bank's slopes are, with 100 answers to each item", {
  for (mean_a in c(0.5, 0.7, 1, 1.6)) expect_scale(scale_found(1:20, mean_a))
})

test_that("the 3PL's scale is found as well", {
  for (mean_a in c(0.7, 1.6)) expect_scale(scale_found(1:4, mean_a, model = "3PL"), 0.85, 1.15)
})

test_that("one answer of each learner cannot place the scale; slopes stay where the prior starts", {
  answers <- simulated_answers(3000L, 12L, 1L)
  fit <- calibrated(answers)
  expect_true(fit$converged)
  expect_equal(fit$items$a, rep(1, 12L), tolerance = 1e-3)
})

test_that("new items beside anchors are drawn to the anchors' mean slope, not to 1", {
  ratios <- vapply(1:6, function(seed) {
    answers <- simulated_school(seed, 0.5)
    anchors <- list(item = 1:60, a = answers$bank$a[1:60], b = answers$bank$b[1:60])
    fit <- calibrated(answers, anchors = anchors)
    expect_equal(fit$prior$log_a$mean, mean(log(anchors$a)))
    mean(log(fit$items$a / answers$bank$a)[61:100])
  }, 0)
  expect_lt(abs(mean(ratios)), 0.08)
})
