refused <- function(kind, pattern, ...) {
  cause <- tryCatch(calibrate(...), sparseirt_error = identity)
  expect_s3_class(cause, kind)
  expect_match(conditionMessage(cause), pattern)
  cause
}

good <- function(...) {
  answers <- simulated_answers(50L, 5L)
  utils::modifyList(answers[c("learner", "item", "right", "n_learners", "n_items")], list(...))
}

test_that("what cannot be estimated is refused with the numbers", {
  none <- good(learner = integer(), item = integer(), right = integer())
  do.call(refused, c("not_estimable", "no answers", none))
  one <- list(learner = 1:9, item = rep(1L, 9L), right = rep_len(0:1, 9L), n_learners = 9L, n_items = 1L)
  cause <- do.call(refused, c("not_estimable", "1 item", one))
  expect_equal(cause$detail$n_items, 1L)
  alone <- good(learner = rep(1L, 5L), item = 1:5, right = c(0, 1, 0, 1, 1))
  do.call(refused, c("not_estimable", "1 learner", alone))
  cause <- do.call(refused, c("not_estimable", "no right or no wrong", good(right = rep(1L, 250L))))
  expect_equal(cause$detail$one_sided_items, 1:5)
  do.call(refused, c("not_estimable", "item 6", good(n_items = 6L)))
  anchors <- list(item = 6L, a = 1, b = 0)
  unseen <- good(n_items = 6L, anchors = anchors)
  do.call(refused, c("not_estimable", "None of the 1 anchors", unseen))
})

test_that("input that breaks the contract is refused in one line with rows", {
  bad <- function(pattern, ...) do.call(refused, c("invalid_input", pattern, good(...)))
  answers <- good()
  bad("right is neither 0 nor 1: 1 rows, the first is row 7", right = replace(answers$right, 7L, 2L))
  bad("right is neither 0 nor 1: 2 rows", right = replace(as.double(answers$right), 3:4, c(NaN, 0.5)))
  bad("learner is not from 1 to 50: 1 rows, the first is row 250",
      learner = replace(answers$learner, 250L, 51L))
  bad("item is not from 1 to 5: 1 rows, the first is row 2", item = replace(answers$item, 2L, NA))
  bad("item must hold whole numbers", item = answers$item + 0.5)
  bad("repeat an earlier one", item = replace(answers$item, 2L, answers$item[1L]))
  bad("one length", right = answers$right[-1L])
  bad("model must be", model = "4PL")
  bad("anchors\\$a must be above 0", anchors = list(item = 1L, a = -1, b = 0))
  bad("anchors\\$b must be a finite", anchors = list(item = 1L, a = 1, b = NA_real_))
  bad("names 1 twice", anchors = list(item = c(1L, 1L), a = c(1, 1), b = c(0, 0)))
  bad("threads must be", threads = 0)
  bad("no part named slope", priors = list(slope = list(sd = 1)))
  bad("n_items must be", n_items = 2.5)
})

test_that("logical and double answers and double keys are read as they are", {
  answers <- good()
  as_is <- do.call(calibrate, answers)
  answers$right <- answers$right == 1L
  answers$item <- as.double(answers$item)
  expect_identical(do.call(calibrate, answers)$items, as_is$items)
})

test_that("a million learners with one answer each: d follows the share right, every a stays at its prior", {
  set.seed(1)
  item <- rep_len(1:50, 1e6)
  share <- stats::plogis(stats::rnorm(50))
  fit <- calibrate(seq_len(1e6), item, stats::runif(1e6) < share[item], n_learners = 1e6, n_items = 50L)
  expect_true(fit$converged)
  expect_equal(fit$items$a, rep(1, 50L), tolerance = 0.02)
  expect_gt(stats::cor(stats::plogis(fit$items$d), share), 0.995)
  expect_true(all(is.finite(as.matrix(fit$items[, c("a", "b", "d")]))))
})

test_that("learners without answers change nothing", {
  answers <- good()
  more <- utils::modifyList(answers, list(n_learners = 1000L, learner = answers$learner * 20L))
  expect_equal(do.call(calibrate, more)$items, do.call(calibrate, answers)$items, tolerance = 1e-5)
  expect_equal(do.call(calibrate, more)$n_learners, 50)
})

test_that("an item answered against ability keeps a slope above 0", {
  answers <- simulated_answers(2000L, 15L)
  turned <- answers$item == 4L
  answers$right[turned] <- 1L - answers$right[turned]
  fit <- calibrated(answers)
  expect_true(fit$converged)
  expect_gt(fit$items$a[4L], 0)
  expect_lt(fit$items$a[4L], 0.2)
})
