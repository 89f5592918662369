# Others' estimates of the same data.

lsat6 <- function() {
  skip_if_not_installed("psych")
  found <- new.env()
  utils::data("bock", package = "psych", envir = found)
  as.matrix(found$lsat6)
}

calibrated_matrix <- function(x, ...) {
  seen <- which(!is.na(x))
  calibrate(row(x)[seen], col(x)[seen], x[seen], n_learners = nrow(x), n_items = ncol(x), ...)
}

test_that("LSAT section 6 (Bock and Lieberman 1970): the published 2PL maximum-likelihood estimates", {
  # Rizopoulos (2006), Journal of Statistical Software 17(5), table of ltm(LSAT ~ z1)
  published <- data.frame(b = c(-3.3597, -1.3696, -0.2799, -1.8659, -3.1236),
                          a = c(0.8254, 0.7229, 0.8905, 0.6886, 0.6575))
  fit <- calibrated_matrix(lsat6(), model = "2PL", priors = list(), tolerance = 1e-5)
  expect_equal(fit$items$a, published$a, tolerance = 2e-3)
  expect_equal(fit$items$b, published$b, tolerance = 2e-3)
  expect_equal(fit$loglik, -2466.653, tolerance = 1e-6)
})

test_that("LSAT section 6: the published Rasch estimates with a free slope", {
  # the same paper, rasch(LSAT): slope 0.7551 for theta of N(0, 1), as the sd of theta is here for slopes of 1
  fit <- calibrated_matrix(lsat6(), model = "Rasch")
  expect_equal(fit$group[["sd"]], 0.7551, tolerance = 1e-3)
  published <- c(-3.6153, -1.3224, -0.3176, -1.7301, -2.7802)
  expect_equal(fit$items$b / fit$group[["sd"]], published, tolerance = 1e-3)
  expect_equal(fit$loglik, -2466.938, tolerance = 1e-6)
})

# How often the patterns 00000, 00001, ... 11111 occur in LSAT section 7 (Bock and Lieberman 1970).
LSAT7 <- c(12, 19, 1, 7, 3, 19, 3, 17, 10, 5, 3, 7, 7, 23, 8, 28, 7, 39, 11, 34, 14, 51, 15, 90, 6, 25, 7, 35,
           18, 136, 32, 308)

test_that("LSAT section 7: the published log-likelihood of the 2PL", {
  patterns <- as.matrix(expand.grid(rep(list(0:1), 5L)))[, 5:1]
  fit <- calibrated_matrix(patterns[rep(1:32, LSAT7), ], model = "2PL", priors = list(), tolerance = 1e-5)
  expect_equal(fit$loglik, -2658.805, tolerance = 1e-6)
})

test_that("Rasch: conditional maximum likelihood (eRm) finds the same difficulties, within 0.02", {
  skip_if_not_installed("eRm")
  answers <- simulated_answers(3000L, 20L, model = "Rasch", seed = 3L)
  x <- matrix(NA_real_, 3000L, 20L)
  x[cbind(answers$learner, answers$item)] <- answers$right
  conditional <- -eRm::RM(x)$betapar
  own <- calibrated(answers, "Rasch")$items$b
  expect_lt(max(abs((own - mean(own)) - (conditional - mean(conditional)))), 0.02)
})
