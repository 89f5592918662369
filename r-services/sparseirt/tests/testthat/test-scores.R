references <- function(answers, learners, estimate) {
  vapply(learners, function(i) {
    k <- which(answers$learner == i)
    bank <- lapply(answers$bank, `[`, answers$item[k])
    estimate(bank$a, bank$b, bank$c, answers$right[k])
  }, estimate(1, 0, 0, 1))
}

test_that("EAP and its SE equal a fine grid's, from 1 to 2,400 answers", {
  for (n in c(1L, 5L, 50L, 300L, 800L, 2400L)) {
    answers <- simulated_answers(15L, max(n, 40L), n, seed = n)
    own <- scored(answers)
    reference <- references(answers, own$group, reference_eap)
    expect_equal(own$theta_eap, reference["eap", ], tolerance = 2e-4)
    expect_equal(own$se_eap, reference["se", ], tolerance = 1e-3)
  }
})

test_that("the same for the 3PL and another prior", {
  for (n in c(10L, 60L, 600L)) {
    answers <- simulated_answers(15L, 600L, n, model = "3PL", seed = n)
    own <- scored(answers, mean = 0.5, sd = 1.3)
    reference <- references(answers, own$group, function(...) reference_eap(..., mean = 0.5, sd = 1.3))
    expect_equal(own$theta_eap, reference["eap", ], tolerance = 2e-4)
    expect_equal(own$se_eap, reference["se", ], tolerance = 1e-3)
  }
})

test_that("WLE is the root of Warm's equation, and its SE the information there", {
  for (model in c("2PL", "3PL")) for (n in c(3L, 20L, 500L)) {
    answers <- simulated_answers(30L, 500L, n, model = model, seed = n)
    own <- scored(answers)
    expect_equal(own$theta_wle, references(answers, own$group, reference_wle), tolerance = 1e-4)
    information <- vapply(own$group, function(i) {
      bank <- lapply(answers$bank, `[`, answers$item[answers$learner == i])
      test_information(own$theta_wle[i], bank$a, bank$b, bank$c)
    }, 0)
    expect_equal(own$se_wle, 1 / sqrt(information), tolerance = 1e-4)
  }
})

test_that("all right is never below some wrong on the same items, and everything is finite", {
  for (model in c("2PL", "3PL")) for (n in c(1L, 2L, 6L)) {
    bank <- simulated_answers(2L, 200L, model = model, seed = 100L + n)$bank
    items <- sample.int(200L, n)
    patterns <- as.matrix(expand.grid(rep(list(0:1), n)))
    own <- score(rep(seq_len(2^n), each = n), rep(items, 2^n), as.vector(t(patterns)), bank)
    expect_true(all(is.finite(as.matrix(own))))
    # adding a right answer in place of a wrong one never lowers an estimate
    for (k in seq_len(n)) {
      with <- own[patterns[, k] == 1, ]
      without <- own[patterns[, k] == 0, ]
      expect_true(all(with$theta_eap >= without$theta_eap))
      expect_true(all(with$theta_wle >= without$theta_wle - 1e-6))
    }
    expect_true(all(abs(own$theta_wle) <= 8))
  }
})

test_that("groupings are scored apart, each as if it were alone", {
  answers <- simulated_answers(300L, 60L, 30L, seed = 9L)
  week <- answers$learner + 300L * (seq_along(answers$item) %% 3L)
  both <- scored(answers, group = list(learner = answers$learner, week = week))
  expect_equal(both$learner, scored(answers))
  expect_equal(both$week, scored(answers, group = week))
  expect_equal(sum(both$week$n), length(answers$item))
  one <- which(week == 301L)
  alone <- score(rep(1L, length(one)), answers$item[one], answers$right[one], answers$bank)
  expect_equal(both$week[both$week$group == 301L, -1L], alone[, -1L])
})

test_that("only groups with answers are returned; items without parameters may not have answers", {
  bank <- list(a = c(1, NA, 2), b = c(0, NA, 1))
  own <- score(c(5L, 5L, 2L), c(1L, 3L, 1L), c(1, 0, 1), bank)
  expect_equal(own$group, c(2L, 5L))
  expect_equal(own$n, c(1L, 2L))
  expect_error(score(1L, 2L, 1, bank), "no parameters for item 2", class = "invalid_input")
})
