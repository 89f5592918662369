# Items 3 and 8 get the same answers, and 10 and 11 largely.
dependent_answers <- function(n_learners, n_items, per_learner) {
  answers <- simulated_answers(n_learners, n_items, per_learner)
  x <- matrix(NA_integer_, n_learners, n_items)
  x[cbind(answers$learner, answers$item)] <- answers$right
  x[, 8L] <- ifelse(is.na(x[, 8L]) | is.na(x[, 3L]), x[, 8L], x[, 3L])
  follow <- !is.na(x[, 11L]) & !is.na(x[, 10L]) & seq_len(n_learners) %% 2L == 0L
  x[follow, 11L] <- x[follow, 10L]
  answers$right <- x[cbind(answers$learner, answers$item)]
  list(answers = answers, x = x)
}

q3_of <- function(answers, ...) {
  theta <- rep(NA_real_, answers$n_learners)
  own <- scored(answers)
  theta[own$group] <- own$theta_wle
  found <- adjusted_q3(answers$learner, answers$item, answers$right, answers$bank, theta, ...)
  list(theta = theta, found = found)
}

test_that("Q3 is the correlation of residuals over common learners, adjusted by the mean", {
  made <- dependent_answers(2000L, 20L, 12L)
  own <- q3_of(made$answers, worst = 190L)
  bank <- made$answers$bank
  expected <- vapply(1:20, function(j) probability(own$theta, bank, j), own$theta)
  q3 <- stats::cor(made$x - expected, use = "pairwise.complete.obs")
  pairs <- own$found$pairs
  expect_equal(pairs$q3, q3[cbind(pairs$item_1, pairs$item_2)], tolerance = 1e-10)
  expect_equal(own$found$mean_q3, mean(q3[upper.tri(q3)]), tolerance = 1e-10)
  expect_equal(pairs$adjusted, pairs$q3 - own$found$mean_q3)
  expect_equal(own$found$n_pairs, 190L)
})

test_that("dependent pairs come first, in sparse data too", {
  own <- q3_of(dependent_answers(4000L, 60L, 30L)$answers, worst = 5L)$found
  expect_equal(unlist(own$pairs[1L, 1:2]), c(item_1 = 3L, item_2 = 8L))
  expect_equal(unlist(own$pairs[2L, 1:2]), c(item_1 = 10L, item_2 = 11L))
  expect_gt(own$pairs$adjusted[2L], 0.3)
  expect_lt(abs(own$pairs$adjusted[3L]), 0.2)
})

test_that("pairs with few common learners do not count", {
  own <- q3_of(simulated_answers(500L, 200L, 5L), min_common = 30L)$found
  expect_equal(own$n_pairs, 0L)
  expect_equal(nrow(own$pairs), 0L)
})
