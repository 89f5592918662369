test_that("infit and outfit are 1 and RMSD small where the model holds; a misfit stands out", {
  answers <- simulated_answers(8000L, 60L, 30L)
  fit <- calibrated(answers)
  own <- item_fit(answers$learner, answers$item, answers$right, fit$items)
  expect_equal(mean(own$infit), 1, tolerance = 0.005)
  expect_equal(mean(own$outfit), 1, tolerance = 0.01)
  expect_lt(max(own$rmsd), 0.03)
  # answers to item 7 become a coin's
  coin <- answers$item == 7L
  answers$right[coin] <- stats::rbinom(sum(coin), 1L, 0.5)
  spoiled <- item_fit(answers$learner, answers$item, answers$right, fit$items)
  expect_equal(which.max(spoiled$rmsd), 7L)
  expect_gt(spoiled$rmsd[7L], 0.05)
  expect_gt(spoiled$outfit[7L], 1.1)
})

test_that("with 3PL items and another group the fit statistics are still calm", {
  answers <- simulated_answers(8000L, 60L, 30L, "3PL", mean = 0.5, sd = 1.2)
  own <- item_fit(answers$learner, answers$item, answers$right, answers$bank, mean = 0.5, sd = 1.2)
  expect_equal(mean(own$infit), 1, tolerance = 0.005)
  expect_lt(max(own$rmsd), 0.04)
})

test_that("test information is the expected squared slope; reliability is the share of variance", {
  bank <- list(a = c(1, 1.5), b = c(0, 0.5), c = c(0, 0.2))
  theta <- c(-1, 0, 2)
  h <- 1e-5
  numeric <- vapply(theta, function(t) {
    slope <- (probability(t + h, bank, 1:2) - probability(t - h, bank, 1:2)) / (2 * h)
    p <- probability(t, bank, 1:2)
    sum(slope^2 / (p * (1 - p)))
  }, 0)
  expect_equal(test_information(theta, bank$a, bank$b, bank$c), numeric, tolerance = 1e-6)
  answers <- simulated_answers(5000L, 40L)
  own <- scored(answers)
  expect_equal(marginal_reliability(own$theta_eap, own$se_eap), stats::cor(own$theta_eap, answers$theta)^2,
               tolerance = 0.02)
})
