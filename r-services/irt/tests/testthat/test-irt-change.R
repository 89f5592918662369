# Abilities of two weeks and their change: known truth, and the same numbers by brute force.

# Answers of four weeks; each learner's ability moves between the two windows by N(drift, change_sd).
changing_rows <- function(n, per_window, drift, change_sd, seed = 1L) {
  set.seed(seed)
  items <- true_items(120L)
  before <- stats::rnorm(n)
  rows <- expand.grid(answer = seq_len(per_window), window = 0:1, learner = seq_len(n))
  change <- stats::rnorm(n, drift, change_sd)
  item <- unlist(lapply(seq_len(n), function(i) sample.int(nrow(items), 2L * per_window)))
  theta <- before[rows$learner] + rows$window * change[rows$learner]
  list(items = items, before = before, change = change, rows = data.frame(
    user_id = sprintf("u%04d", rows$learner), item_id = items$item_id[item],
    week_start = as.Date("2024-03-04") + 7 * (2 * rows$window + rows$answer %% 2),
    is_correct = stats::runif(nrow(rows)) < stats::plogis(items$a[item] * (theta - items$b[item]))
  ))
}

changes_of <- function(school) {
  answers <- keyed_answers(list(observations = school$rows), list(), school$items$item_id)
  ability_changes(answers, school$items, c(mean = 0, sd = 1), AS_OF)
}

test_that("where learners change much and answer much, the change is calibrated and known", {
  school <- changing_rows(400L, 55L, 0.3, 1.2)
  found <- changes_of(school)
  expect_equal(found$model$drift, 0.3, tolerance = 0.5)
  expect_equal(found$model$change_sd, 1.2, tolerance = 0.1)
  slope <- function(y, x) stats::cov(y, x) / stats::var(x)
  expect_equal(slope(school$change, found$rows$change), 1, tolerance = 0.06)
  expect_equal(slope(school$before + school$change, found$rows$theta), 1, tolerance = 0.06)
  within <- abs(found$rows$change - school$change) < 1.645 * found$rows$change_se
  expect_gt(mean(within), 0.85)
  expect_gt(mean(found$rows$change_se <= 0.6 * found$model$change_sd), 0.95)
  expect_gt(stats::cor(found$rows$change, school$change), 0.85)
})

test_that("where two weeks cannot show a change, no learner's is known", {
  found <- changes_of(changing_rows(400L, 8L, 0.04, 0.03, seed = 2L))
  expect_true(all(found$rows$change_se > 0.6 * found$model$change_sd))
})

test_that("the posterior is that of the model by quadrature, and the gradient that of the likelihood", {
  model <- c(level = 0.2, drift = 0.1, sd = 0.9, change_sd = 0.5)
  said <- list(p_now = c(2, 0), v_now = c(1.5, 0), p_before = c(1, 3), v_before = c(-0.4, 2))
  found <- change_posteriors(model, said)
  at <- seq(-6, 6, by = 0.02)
  for (k in 1:2) {
    likelihood <- function(p, v) exp(v * at - p * at^2 / 2)
    density <- outer(stats::dnorm(at, 0.2, 0.9) * likelihood(said$p_before[k], said$v_before[k]),
                     likelihood(said$p_now[k], said$v_now[k]))
    density <- density * stats::dnorm(outer(-at, at, "+"), 0.1, 0.5)
    density <- density / sum(density)
    change <- outer(-at, at, "+")
    now <- matrix(at, length(at), length(at), byrow = TRUE)
    moments <- function(x) c(sum(density * x), sqrt(sum(density * x^2) - sum(density * x)^2))
    expect_equal(c(0.1 + found$change[k], found$change_sd[k]), moments(change), tolerance = 1e-5)
    expect_equal(c(0.3 + found$before[k] + found$change[k], found$now_sd[k]), moments(now), tolerance = 1e-5)
  }
  value <- function(x) {
    change_loglik(c(level = x[1L], drift = x[2L], sd = exp(x[3L]), change_sd = exp(x[4L])), said)
  }
  x <- c(0.2, 0.1, log(0.9), log(0.5))
  slopes <- vapply(1:4, function(i) {
    step <- replace(numeric(4L), i, 1e-5)
    (value(x + step)$value - value(x - step)$value) / 2e-5
  }, 0)
  expect_equal(unname(value(x)$gradient), slopes, tolerance = 1e-6)
})

test_that("a learner without answers before has a level and no change; without any recent one, no row", {
  school <- changing_rows(60L, 10L, 0, 0.3)
  rows <- school$rows
  rows <- rows[!(rows$user_id == "u0001" & rows$week_start < as.Date("2024-03-18")), ]
  rows <- rows[!(rows$user_id == "u0002" & rows$week_start >= as.Date("2024-03-18")), ]
  found <- changes_of(list(rows = rows, items = school$items))$rows
  expect_true(is.na(found$change[found$user_id == "u0001"]))
  expect_false(is.na(found$theta[found$user_id == "u0001"]))
  expect_false("u0002" %in% found$user_id)
  expect_equal(unique(found$week_start), as.Date("2024-03-25"))
  rows$week_start <- rows$week_start - 70
  expect_equal(nrow(changes_of(list(rows = rows, items = school$items))$rows), 0L)
})
