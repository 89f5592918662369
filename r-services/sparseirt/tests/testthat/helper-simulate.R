# Answers made with known parameters; every learner answers `per_learner` different items.

library(sparseirt)
library(data.table, warn.conflicts = FALSE)

simulated_bank <- function(n_items, model = "2PL", sd_log_a = 0.3) {
  list(
    a = if (model == "Rasch") rep(1, n_items) else exp(stats::rnorm(n_items, 0, sd_log_a)),
    b = stats::rnorm(n_items),
    c = if (model == "3PL") stats::plogis(stats::rnorm(n_items, -1.39, 0.3)) else rep(0, n_items)
  )
}

# Returns a list of learner, item, right, theta, bank, n_learners, n_items.
simulated_answers <- function(n_learners, n_items, per_learner = n_items, model = "2PL", seed = 1L, mean = 0,
                              sd = 1, bank = NULL) {
  set.seed(seed)
  if (is.null(bank)) bank <- simulated_bank(n_items, model)
  theta <- stats::rnorm(n_learners, mean, sd)
  learner <- rep(seq_len(n_learners), each = per_learner)
  item <- different_items(n_learners, n_items, per_learner)
  right <- as.integer(stats::runif(length(item)) < probability(theta[learner], bank, item))
  list(learner = learner, item = item, right = right, theta = theta, bank = bank, n_learners = n_learners,
       n_items = n_items)
}

# A school whose bank's slopes are around `mean_a`; by default 100 answers to each of 100 items.
simulated_school <- function(seed, mean_a, n_learners = 500L, n_items = 100L, per_learner = 20L,
                             model = "2PL") {
  set.seed(seed)
  bank <- simulated_bank(n_items, model)
  bank$a <- bank$a * mean_a
  simulated_answers(n_learners, n_items, per_learner, model, seed = seed + 1000L, bank = bank)
}

# Without the items that all or none answered rightly, the others renumbered.
estimable <- function(answers) {
  n <- tabulate(answers$item, answers$n_items)
  n_right <- tabulate(answers$item[answers$right == 1L], answers$n_items)
  kept <- which(n_right > 0L & n_right < n)
  on <- answers$item %in% kept
  answers$learner <- answers$learner[on]
  answers$right <- answers$right[on]
  answers$item <- match(answers$item[on], kept)
  answers$bank <- lapply(answers$bank, `[`, kept)
  answers$n_items <- length(kept)
  answers
}

# Each learner walks around the bank from a random start in steps of a random length that has no factor in
# common with the number of items.
different_items <- function(n_learners, n_items, per_learner) {
  largest_divisor <- function(x, y) if (y == 0L) x else largest_divisor(y, x %% y)
  steps <- Filter(function(step) largest_divisor(n_items, step) == 1L, seq_len(max(1L, n_items - 1L)))
  step <- steps[sample.int(length(steps), n_learners, replace = TRUE)]
  start <- sample.int(n_items, n_learners, replace = TRUE)
  walked <- rep(step, each = per_learner) * rep(seq_len(per_learner) - 1, n_learners)
  as.integer((rep(start, each = per_learner) + walked) %% n_items) + 1L
}

probability <- function(theta, bank, item) {
  bank$c[item] + (1 - bank$c[item]) * stats::plogis(bank$a[item] * (theta - bank$b[item]))
}

calibrated <- function(answers, model = "2PL", ...) {
  calibrate(answers$learner, answers$item, answers$right, model, answers$n_learners, answers$n_items, ...)
}

scored <- function(answers, items = answers$bank, ...) {
  score(answers$learner, answers$item, answers$right, items, ...)
}

rmse <- function(x, y) sqrt(mean((x - y)^2))
