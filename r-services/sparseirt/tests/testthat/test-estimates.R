same_bits <- function(x, y) expect_identical(serialize(x, NULL), serialize(y, NULL))

test_that("the same bits for any number of threads, and with learners mixed", {
  for (model in c("2PL", "3PL")) {
    answers <- simulated_answers(3000L, 80L, 20L, model)
    fits <- lapply(c(1L, 2L, 5L), function(n) calibrated(answers, model, threads = n))
    same_bits(fits[[1L]], fits[[2L]])
    same_bits(fits[[1L]], fits[[3L]])
    scores <- lapply(c(1L, 2L, 5L), function(n) scored(answers, threads = n))
    same_bits(scores[[1L]], scores[[2L]])
    same_bits(scores[[1L]], scores[[3L]])
    in_turns <- order(rep(1:20, 3000L))
    for (part in c("learner", "item", "right")) answers[[part]] <- answers[[part]][in_turns]
    same_bits(calibrated(answers, model), fits[[1L]])
  }
})

test_that("the log-likelihood is double precision's, and AIC and BIC follow", {
  answers <- simulated_answers(400L, 12L, model = "3PL")
  fit <- calibrated(answers, "3PL")
  theta <- seq(-6, 6, length.out = fit$n_nodes)
  weight <- stats::dnorm(theta) / sum(stats::dnorm(theta))
  likelihood <- vapply(seq_len(400L), function(i) {
    k <- answers$learner == i
    items <- lapply(fit$items[, c("a", "b", "c")], `[`, answers$item[k])
    sum(weight * exp(pattern_loglik(theta, items$a, items$b, items$c, answers$right[k])))
  }, 0)
  expect_equal(fit$loglik, sum(log(likelihood)), tolerance = 1e-12)
  expect_equal(fit$n_parameters, 36L)
  expect_equal(fit$aic, 72 - 2 * fit$loglik)
  expect_equal(fit$bic, 36 * log(400) - 2 * fit$loglik)
})

test_that("no other point nearby has a higher penalised likelihood", {
  answers <- simulated_answers(500L, 6L, model = "3PL", seed = 3L)
  fit <- calibrated(answers, "3PL", tolerance = 1e-5)
  by_learner <- matrix(answers$right[order(answers$learner, answers$item)], 6L)
  counts <- table(do.call(paste0, as.data.frame(t(by_learner))))
  right <- do.call(rbind, lapply(strsplit(names(counts), ""), as.integer))
  theta <- seq(-6, 6, length.out = 61L)
  weight <- stats::dnorm(theta) / sum(stats::dnorm(theta))
  minus_objective <- function(x) {
    x <- matrix(x, 6L)
    p <- item_curve(theta, exp(x[, 1L]), x[, 2L], stats::plogis(x[, 3L]))
    likelihood <- exp(log(p) %*% t(right) + log(1 - p) %*% t(1 - right))
    log_prior <- fit$scale_tilt * x[, 1L] +
      stats::dnorm(x[, 1L], mean(x[, 1L]), fit$prior$log_a$sd, log = TRUE) +
      stats::dnorm(x[, 2L], 0, 3, log = TRUE) + stats::dnorm(x[, 3L], -1.39, 0.5, log = TRUE)
    -sum(counts * log(colSums(weight * likelihood))) - sum(log_prior)
  }
  own <- with(fit$items, c(log(a), d, stats::qlogis(c)))
  best <- stats::optim(own, minus_objective, method = "BFGS", control = list(reltol = 1e-12, maxit = 500))
  expect_lt(minus_objective(own) - best$value, 2e-4)
  expect_equal(fit$prior$log_a$mean, mean(log(fit$items$a)), tolerance = 1e-3)
  expect_lt(max(abs(own - best$par)), 0.02)
})

test_that("at an unpenalised optimum the pooled posterior of theta has mean 0 and variance 1", {
  answers <- simulated_answers(4000L, 60L, 25L)
  fit <- calibrated(answers, priors = list(), tolerance = 1e-5)
  own <- scored(answers, fit$items)
  expect_equal(mean(own$theta_eap), 0, tolerance = 1e-3)
  expect_equal(mean(own$se_eap^2) + mean(own$theta_eap^2), 1, tolerance = 1e-3)
})

test_that("anchors are truly fixed, and the group's mean and sd come out", {
  bank <- simulated_answers(2L, 60L, model = "3PL", seed = 4L)$bank
  for (model in c("Rasch", "2PL", "3PL")) {
    if (model != "3PL") bank$c <- rep(0, 60L)
    if (model == "Rasch") bank$a <- rep(1, 60L)
    answers <- simulated_answers(6000L, 60L, 30L, seed = 5L, bank = bank, mean = 0.8, sd = 1.3)
    fixed <- seq(1L, 60L, 3L)
    fit <- calibrated(answers, model, anchors = list(item = fixed, a = bank$a[fixed], b = bank$b[fixed],
                                                     c = bank$c[fixed]))
    expect_true(fit$converged && fit$loglik_never_fell)
    expect_lte(fit$iterations, 25L)
    expect_equal(fit$items$a[fixed], bank$a[fixed], tolerance = 1e-12)
    expect_equal(fit$items$b[fixed], bank$b[fixed], tolerance = 1e-12)
    expect_identical(fit$items$c[fixed], bank$c[fixed])
    expect_identical(which(fit$items$fixed), fixed)
    expect_true(all(is.na(fit$items$se_b[fixed])))
    expect_equal(fit$group[["mean"]], mean(answers$theta), tolerance = 0.05)
    expect_equal(fit$group[["sd"]], stats::sd(answers$theta), tolerance = 0.05)
    expect_lt(rmse(fit$items$b[-fixed], bank$b[-fixed]), if (model == "3PL") 0.35 else 0.12)
    expect_equal(fit$n_parameters, 40L * match(model, c("Rasch", "2PL", "3PL")) + 2L)
  }
})

test_that("priors switch off one by one, and the start of the spread does not matter when it is learned", {
  answers <- simulated_answers(2000L, 30L, 15L)
  none <- calibrated(answers, priors = list())
  expect_null(none$prior$log_a)
  kept <- calibrated(answers, priors = list(log_a = list(sd = 0.1, learn = FALSE)))
  expect_identical(kept$prior$log_a$sd, 0.1)
  expect_lt(stats::sd(log(kept$items$a)), stats::sd(log(none$items$a)))
  wide <- calibrated(answers, priors = list(log_a = list(sd = 0.6, learn = TRUE)))
  expect_equal(wide$prior$log_a$sd, calibrated(answers)$prior$log_a$sd, tolerance = 0.2)
})

test_that("progress is reported after each iteration, across the stages", {
  seen <- NULL
  fit <- calibrated(simulated_answers(500L, 20L), progress = function(iteration, change, loglik) {
    seen <<- rbind(seen, c(iteration, change, loglik))
  })
  expect_equal(seen[, 1L], seq_len(fit$iterations))
  expect_lt(utils::tail(seen[, 2L], 1L), 1e-4)
  expect_equal(utils::tail(seen[, 3L], 1L), fit$loglik, tolerance = 1e-6)
})

test_that("2,400 answers per learner converge, and scores and their errors are right", {
  answers <- simulated_answers(300L, 2400L)
  usable <- which(tabulate(answers$item[answers$right == 1L], 2400L) %in% 1:299)
  keep <- answers$item %in% usable
  fit <- calibrate(answers$learner[keep], match(answers$item[keep], usable), answers$right[keep], "2PL", 300L,
                   length(usable))
  expect_true(fit$converged && fit$loglik_never_fell)
  own <- score(answers$learner[keep], match(answers$item[keep], usable), answers$right[keep], fit$items)
  expect_gt(stats::cor(own$theta_eap, answers$theta), 0.998)
  truth <- scored(answers)
  expect_gt(mean(abs(truth$theta_eap - answers$theta) < 1.96 * truth$se_eap), 0.9)
})

test_that("a small bank with half its items turned against ability converges, and never falls", {
  set.seed(69)
  bank <- simulated_bank(30L)
  bank$a[1:13] <- -bank$a[1:13]
  answers <- simulated_answers(100L, 30L, 20L, seed = 3L, bank = bank)
  sided <- tapply(answers$right, factor(answers$item, 1:30), function(x) length(unique(x)))
  expect_true(all(sided == 2L))
  fit <- calibrated(answers)
  expect_true(fit$converged)
  expect_true(fit$loglik_never_fell)
  expect_true(all(fit$items$a > 0))
})
