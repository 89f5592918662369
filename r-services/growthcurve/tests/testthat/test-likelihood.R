several_points <- function(n = 11L) {
  set.seed(3)
  POINT + matrix(stats::rnorm(6L * n, 0, 0.3), 6L)
}

test_that("the likelihood is that of the written-out normal, with errors, without, with equal ones", {
  for (errors in list(TRUE, FALSE, 0.4)) {
    x <- simulated_scores(errors = !isFALSE(errors))
    if (is.numeric(errors)) x$se[] <- errors
    points <- several_points()
    own <- marginal_loglik(scores_of(x), points)
    expect_equal(own, apply(points, 2L, function(point) reference_loglik(x, point)), tolerance = 1e-11)
  }
})

test_that("the gradient is the likelihood's", {
  for (errors in c(TRUE, FALSE)) {
    x <- simulated_scores(errors = errors)
    scores <- scores_of(x)
    points <- several_points(3L)
    numeric <- vapply(1:3, function(k) {
      vapply(1:6, function(j) {
        step <- replace(numeric(6L), j, 1e-5)
        diff(marginal_loglik(scores, cbind(points[, k] - step, points[, k] + step))) / 2e-5
      }, 0)
    }, numeric(6L))
    expect_equal(unname(marginal_gradient(scores, points)), numeric, tolerance = 1e-7)
  }
})

test_that("the number of threads changes no bit, nor do learners without scores", {
  x <- simulated_scores(300L)
  scores <- scores_of(x)
  points <- several_points(37L)
  expect_identical(marginal_loglik(scores, points, 1L), marginal_loglik(scores, points, 7L))
  expect_identical(marginal_gradient(scores, points, 1L), marginal_gradient(scores, points, 7L))
  weights <- rep(1 / 37, 37L)
  expect_identical(learner_posterior(scores, points, weights, 6, 0.5, threads = 1L),
                   learner_posterior(scores, points, weights, 6, 0.5, threads = 7L))
  more <- growth_scores(x$learner * 3, x$week, x$score, x$se, 1000L)
  expect_equal(marginal_loglik(more, points), marginal_loglik(scores, points), tolerance = 1e-13)
})

test_that("extremes lose no digits: scores of a million, tiny and huge sds, correlations near 1", {
  x <- simulated_scores()
  shifted <- x
  shifted$score <- x$score * 10 + 1e6
  point <- POINT + c(-0.1, -0.04, log(10), log(10), 0, log(10))
  moved <- replace(point, 1L, point[1L] + 1e6)
  plain <- x
  plain$score <- x$score * 10
  shifted$se <- plain$se <- x$se * 10
  expect_equal(marginal_loglik(scores_of(shifted), moved), marginal_loglik(scores_of(plain), point),
               tolerance = 1e-8)
  for (edge in list(c(3L, log(1e-8)), c(4L, log(1e-8)), c(5L, 9), c(5L, -9), c(3L, log(1e4)),
                    c(6L, log(1e-6)))) {
    at <- replace(POINT, edge[1L], edge[2L])
    expect_equal(marginal_loglik(scores_of(x), at), reference_loglik(x, at), tolerance = 1e-6)
    expect_true(all(is.finite(marginal_gradient(scores_of(x), at))))
  }
  none <- replace(POINT, 3:4, -90) # no spread between learners at all: independent rows
  h <- natural(none)
  alone <- sum(stats::dnorm(x$score, none[1L] + none[2L] * x$week, sqrt(h$noise + x$se^2), log = TRUE))
  expect_equal(marginal_loglik(scores_of(x), none), alone, tolerance = 1e-12)
  huge <- replace(x$se, 1L, 1e6)
  expect_equal(marginal_loglik(growth_scores(x$learner, x$week, x$score, huge, 40L), POINT),
               reference_loglik(utils::modifyList(x, list(se = huge)), POINT), tolerance = 1e-9)
  expect_identical(marginal_loglik(scores_of(x), replace(POINT, 6L, 800)), -Inf)
})

test_that("input that cannot be right is refused", {
  refused <- function(pattern, ...) {
    expect_error(growth_scores(...), pattern, class = "invalid_input")
  }
  refused("ascend", c(2L, 1L), 1:2, 1:2)
  refused("ascend", c(1L, 4L), 1:2, 1:2, n_learners = 3L)
  refused("one length", 1:2, 1:2, 1:3)
  refused("finite", 1:2, 1:2, c(1, NaN))
  refused("negative", 1:2, 1:2, c(1, 2), c(0.1, -0.1))
})
