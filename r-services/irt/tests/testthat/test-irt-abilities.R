# What is said of a person: the EAP with its posterior SD, whatever the answers.

# Posterior mean and SD by adaptive quadrature, independently of the service's nodes.
integrated <- function(items, right, mean, sd) {
  sign <- ifelse(right, 1, -1)
  density <- function(theta) {
    loglik <- vapply(theta, function(at) sum(stats::plogis(sign * items$a * (at - items$b), log.p = TRUE)), 0)
    loglik + stats::dnorm(theta, mean, sd, log = TRUE)
  }
  peak <- stats::optimize(density, mean + c(-12, 12) * sd, maximum = TRUE)
  moment <- function(power) {
    f <- function(theta) theta^power * exp(density(theta) - peak$objective)
    cut <- peak$maximum + c(-12, 0, 12) * sd
    sum(mapply(function(from, to) stats::integrate(f, from, to, rel.tol = 1e-10)$value, cut[-3L], cut[-1L]))
  }
  found <- moment(1) / moment(0)
  c(theta = found, se = sqrt(moment(2) / moment(0) - found^2))
}

# Learners who answered items of a bank that also holds very easy and very hard ones.
odd_bank <- function() {
  odd <- data.frame(item_id = c("easy", "hard"), a = c(0.7, 0.6), b = c(-8.8, 7), c = 0)
  items <- rbind(true_items(12L), odd)
  data.frame(items, status = "operational", fixed = TRUE, se_a = 0.05, se_b = 0.05)
}

# All right and all wrong for each item alone and for growing sets of items, and random patterns.
patterns <- function(items, n_random = 150L) {
  set.seed(3L)
  growing <- lapply(seq_along(items$item_id), function(n) items$item_id[seq_len(n)])
  sets <- c(as.list(items$item_id), growing)
  fixed <- unlist(lapply(sets, function(ids) {
    lapply(c(TRUE, FALSE), function(right) list(ids = ids, right = rep(right, length(ids))))
  }), recursive = FALSE)
  random <- lapply(seq_len(n_random), function(i) {
    ids <- sample(items$item_id, sample.int(nrow(items), 1L))
    list(ids = ids, right = stats::runif(length(ids)) < stats::runif(1L))
  })
  c(fixed, random)
}

test_that("theta and se are the posterior's mean and SD under the group's prior, for every pattern", {
  bank <- odd_bank()
  shown <- patterns(bank)
  ids <- sprintf("p%04d", seq_along(shown))
  scored <- data.frame(user_id = rep(ids, lengths(lapply(shown, `[[`, "ids"))),
                       item_id = unlist(lapply(shown, `[[`, "ids")),
                       is_correct = unlist(lapply(shown, `[[`, "right")), is_calibrated = FALSE)
  rows <- simulated_rows(600L, 12L, true_items(12L), mean = 0.4, sd = 0.8, seed = 21L)
  rows$is_calibrated <- TRUE
  answer <- answer_for(rbind(rows[names(scored)], scored), bank)
  found <- answer$tables$mirt_ability
  group <- answer$result$fit_meta$metrics$group
  expect_lt(abs(group$sd - 0.8), 0.15)
  items <- bank_of(answer)
  expected <- vapply(shown, function(one) {
    integrated(items[match(one$ids, items$item_id), ], one$right, group$mean, group$sd)
  }, c(theta = 0, se = 0))
  mine <- found[match(ids, found$user_id), ]
  expect_lt(max(abs(mine$theta - expected["theta", ])), 2e-4)
  expect_lt(max(abs(mine$se - expected["se", ])), 2e-4)
  expect_true(all(is.finite(unlist(found[c("theta", "se", "theta_wle", "se_wle")]))))
  expect_lt(max(found$se), group$sd + 1e-4)
  easy <- mine[vapply(shown, function(one) identical(one, list(ids = "easy", right = TRUE)), NA), ]
  expect_lt(abs(easy$theta - group$mean), 0.01)  # one right answer to it says nothing; its WLE is far off
  expect_lt(easy$theta_wle, -4)
})

test_that("the intervals of EAPs hold the true abilities as they promise", {
  set.seed(4L)
  items <- true_items(60L)
  per_learner <- c(1L, 2L, 4L, 8L, 16L, 40L)
  rows <- do.call(rbind, lapply(per_learner, function(n) {
    transform(simulated_rows(500L, n, items, seed = 30L + n), user_id = paste(n, user_id))
  }))
  found <- answer_for(rows)$tables$mirt_ability
  theta <- rows$theta[match(found$user_id, rows$user_id)]
  n <- as.integer(sub(" .*", "", found$user_id))
  held <- tapply(abs(found$theta - theta) < stats::qnorm(0.95) * found$se, n, mean)
  expect_true(all(abs(held - 0.9) < 0.05), info = paste(format(held), collapse = " "))
})

test_that("without topics there are no rows and nothing is said of their spread", {
  answer <- answer_for(simulated_rows(300L, 12L, seed = 15L))
  expect_equal(nrow(answer$tables$student_topic_theta), 0L)
  expect_null(answer$result$fit_meta$metrics$topics)
})

test_that("a prior that the range of scores would cut off is refused; at the limit scores are right", {
  items <- data.frame(item_id = c("x", "easy"), a = c(1, 0.7), b = c(0, -8.8), c = 0)
  scored <- function(...) {
    rows <- data.frame(user_id = "u", item_id = items$item_id, is_correct = TRUE)
    answer_for(rows, ..., path = "/irt/score", tables = list(item_params = items))$tables$abilities
  }
  for (prior in list(c(0, 2), c(4, 1), c(-2, 1.5))) {
    found <- scored(mean = prior[1L], sd = prior[2L])
    expected <- integrated(items, c(TRUE, TRUE), prior[1L], prior[2L])
    expect_lt(max(abs(unlist(found[c("theta_eap", "se_eap")]) - expected)), 2e-3)
  }
  for (prior in list(c(6, 1), c(0, 3), c(-10, 0.1))) {
    cause <- tryCatch(scored(mean = prior[1L], sd = prior[2L]), service_error = function(cause) cause)
    expect_equal(c(cause$code, cause$detail$mean), c("NOT_ESTIMABLE", prior[1L]))
  }
})
