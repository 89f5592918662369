test_that("modes and errors are those of the posterior, sampled without the C++", {
  case <- posterior_case()
  mode <- with(case$fit$items, c(log(a), d))
  posterior <- sampled_posterior(log_posterior_of(case), mode, 1500L)
  expect_gt(posterior$ess, 300)
  expect_lt(max(abs(mode - posterior$mean) / posterior$sd), 0.2)
  ratio <- with(case$fit$items, se_a / a) / posterior$sd[1:12]
  expect_gt(min(ratio), 0.88)
  expect_lt(max(ratio), 1.12)
})

# Stan samples abilities and items together; it knows nothing of quadrature, EM or grouped patterns. About two
# minutes, most of it the compiler's, so only with DREAMSEED_SLOW=true (`make test-slow`).
test_that("Stan's posterior means are the same within Monte-Carlo error", {
  skip_if_not(identical(Sys.getenv("DREAMSEED_SLOW"), "true"), "slow: make test-slow runs it")
  skip_if_not_installed("rstan")
  case <- posterior_case()
  mode <- with(case$fit$items, c(log(a), d))
  own <- sampled_posterior(log_posterior_of(case), mode, 6000L)
  stan <- stan_posterior(case$answers, case$sd)
  error <- sqrt((stan[, "sd"] / sqrt(stan[, "n_eff"]))^2 + own$sd^2 / own$ess)
  expect_lt(max(stan[, "Rhat"]), 1.01)
  expect_lt(max(abs(own$mean - stan[, "mean"]) / error), 4)
  expect_lt(max(abs(mode - stan[, "mean"]) / stan[, "sd"]), 0.2)
  expect_lt(max(abs(own$sd / stan[, "sd"] - 1)), 0.12)
})
