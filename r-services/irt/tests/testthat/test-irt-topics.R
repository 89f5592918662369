# How much topics differ within a learner: simulated schools of known spread, and an independent likelihood.

N_TOPICS <- 8L

# Answers to `per_topic` items of each topic; a learner's ability in a topic is theta + deviation. Learner i
# answers only the first `answered[i]` topics.
school_of_topics <- function(spread, n = 600L, per_topic = 5L, answered = rep(N_TOPICS, n), mean = 0, sd = 1,
                             seed = 1L) {
  set.seed(seed)
  items <- true_items(N_TOPICS * per_topic)
  items$topic_id <- rep(sprintf("t%d", seq_len(N_TOPICS)), each = per_topic)
  theta <- stats::rnorm(n, mean, sd)
  deviation <- matrix(stats::rnorm(n * N_TOPICS, 0, sqrt(spread)), n)
  rows <- expand.grid(item = seq_len(nrow(items)), learner = seq_len(n))
  rows$topic <- (rows$item - 1L) %/% per_topic + 1L
  rows <- rows[rows$topic <= answered[rows$learner], ]
  deviation <- deviation[cbind(rows$learner, rows$topic)]
  level <- theta[rows$learner] + deviation
  chance <- stats::plogis(items$a[rows$item] * (level - items$b[rows$item]))
  data.frame(user_id = sprintf("u%04d", rows$learner), items[rows$item, ], theta = theta[rows$learner],
             deviation = deviation, level = level, is_correct = stats::runif(nrow(rows)) < chance)
}

# Scored by the items' true parameters: the spread alone is estimated.
scored_topics <- function(rows, mean = 0, sd = 1) {
  items <- rows[!duplicated(rows$item_id), c("item_id", "a", "b", "c")]
  answer <- score_irt(list(item_params = items, observations = rows), list(mean = mean, sd = sd))
  scored <- answer$tables$topic_abilities
  place <- match(paste(scored$user_id, scored$topic_id), paste(rows$user_id, rows$topic_id))
  cbind(scored, rows[place, c("theta", "deviation", "level")])
}

# The same likelihood by multivariate normal densities, one learner at a time.
dense_loglik <- function(spread, scored, group) {
  precision <- 1 / scored$se_eap^2 - 1 / group[["sd"]]^2
  value <- (scored$theta_eap / scored$se_eap^2 - group[["mean"]] / group[["sd"]]^2) / precision
  sum(vapply(split(seq_along(value), scored$user_id), function(at) {
    covariance <- group[["sd"]]^2 + diag(spread + 1 / precision[at], length(at))
    z <- value[at] - group[["mean"]]
    -0.5 * (as.double(determinant(covariance)$modulus) + sum(z * solve(covariance, z)))
  }, 0))
}

test_that("the likelihood and the posteriors are those of the dense normal model", {
  group <- c(mean = 0.4, sd = 1.2)
  rows <- school_of_topics(0.3, 40L, answered = rep(c(1L, 3L, 8L, 8L), 10L), mean = 0.4, sd = 1.2)
  scored <- scored_topics(rows, 0.4, 1.2)
  said <- topic_likelihoods(scored, group)
  for (spread in c(0, 0.05, 0.3, 2)) {
    expect_equal(spread_loglik(spread, said, 1.2) - spread_loglik(0, said, 1.2),
                 dense_loglik(spread, scored, group) - dense_loglik(0, scored, group), tolerance = 1e-8)
  }
  found <- topic_posteriors(0.3, said, group)
  at <- which(scored$user_id == "u0003")
  k <- length(at)
  prior <- rbind(cbind(diag(0.3, k), 0), c(rep(0, k), 1.44))
  seen <- cbind(diag(k), 1)  # a topic's level: its deviation + theta
  covariance <- solve(solve(prior) + t(seen) %*% (said$precision[at] * seen))
  expected <- covariance %*% t(seen) %*% said$weighted[at]
  expect_equal(found$deviation[at], expected[seq_len(k)], tolerance = 1e-8)
  expect_equal(found$deviation_se[at], sqrt(diag(covariance))[seq_len(k)], tolerance = 1e-8)
  expect_equal(found$theta_joint[at], as.vector(0.4 + seen %*% expected), tolerance = 1e-8)
  expect_equal(found$se_joint[at], sqrt(diag(seen %*% covariance %*% t(seen))), tolerance = 1e-8)
})

test_that("the spread of topics is found, and intervals hold the true levels", {
  called <- function(rows) abs(rows$deviation) > stats::qnorm(0.9) * rows$deviation_se
  for (sd in c(0.4, 1)) {
    scored <- scored_topics(school_of_topics(sd^2, seed = 40L))
    found <- topic_deviations(scored, c(mean = 0, sd = 1))
    expect_lt(abs(sqrt(found$spread) - sd), 0.12)
    expect_gt(found$gain, 5)
    expect_lt(abs(mean(abs(found$rows$theta_joint - scored$level) < 1.645 * found$rows$se_joint) - 0.9), 0.03)
  }
  expect_gt(sum(called(found$rows)), 100)
  wrong <- sign(found$rows$deviation) != sign(scored$deviation)
  expect_lt(mean(wrong[called(found$rows)]), 0.1)  # what a verdict at 90% promises
})

test_that("where topics do not differ, hardly any is said to, although their estimates scatter", {
  called <- vapply(1:8, function(seed) {
    scored <- scored_topics(school_of_topics(0, answered = rep(1:N_TOPICS, 75L), seed = seed))
    expect_gt(stats::sd(scored$theta_wle), 1)
    rows <- topic_deviations(scored, c(mean = 0, sd = 1))$rows
    mean(rows$deviation_se > 0 & abs(rows$deviation) > stats::qnorm(0.9) * rows$deviation_se)
  }, 0)
  expect_lt(mean(called), 0.002)
})

test_that("learners with one topic, or posteriors as wide as the prior, leave the spread at 0", {
  lone <- scored_topics(school_of_topics(1, answered = rep(1L, 600L)))
  found <- topic_deviations(lone, c(mean = 0, sd = 1))
  expect_true(all(is.finite(unlist(found$rows))))
  flat <- transform(lone, theta_eap = 0, se_eap = 1)
  none <- topic_deviations(flat, c(mean = 0, sd = 1))
  expect_equal(c(none$spread, none$gain, none$n_topics), c(0, 0, 0))
  expect_equal(unique(none$rows), data.frame(deviation = 0, deviation_se = 0, theta_joint = 0, se_joint = 1))
  empty <- topic_deviations(lone[0L, ], c(mean = 0, sd = 1))
  expect_equal(c(empty$spread, nrow(empty$rows)), c(0, 0))
})

test_that("a run lands the deviations of its topics, and says how much they differ", {
  rows <- school_of_topics(0.5, 700L, seed = 5L)
  answer <- answer_for(rows[c("user_id", "item_id", "topic_id", "is_correct")])
  said <- answer$result$fit_meta$metrics$topics
  expect_gt(said$spread, 0.25)
  expect_lt(said$spread, 0.8)
  landed <- answer$tables$student_topic_theta
  expect_equal(said$n_topics, nrow(landed))
  expect_true(all(is.finite(unlist(landed[c("theta", "se", "theta_wle", "se_wle", "deviation", "deviation_se",
                                            "theta_joint", "se_joint")]))))
  true <- rows[match(paste(landed$user_id, landed$topic_id), paste(rows$user_id, rows$topic_id)), ]
  expect_gt(stats::cor(landed$deviation, true$deviation), 0.45)
  expect_gt(stats::cor(landed$theta_joint, true$level), stats::cor(landed$theta, true$level))
})
