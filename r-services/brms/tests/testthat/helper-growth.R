# Scores with known truth, and the service's functions as plain functions.

folder <- normalizePath(file.path("..", ".."))
for (file in setdiff(list.files(folder, pattern = "[.]R$", full.names = TRUE),
                     file.path(folder, "plumber.R"))) {
  source(file)
}
source(file.path(folder, "..", "fitservice", "tests", "testthat", "helper-service.R"))
library(fitservice)

AS_OF <- as.Date("2024-03-31") # a Sunday
TRUTH <- c(b_Intercept = 0.2, b_week = 0.05, sd_a = 0.8, sd_b = 0.06, cor = 0.3, sigma = 0.3)

# Weeks that end at AS_OF; a share `keep` of them has a score. Attribute `truth`: alpha and beta by learner,
# at the middle of the weeks.
simulated_rows <- function(n_learners = 60L, n_weeks = 12L, errors = TRUE, seed = 1L, keep = 0.85,
                           truth = TRUTH) {
  set.seed(seed)
  z <- matrix(stats::rnorm(2L * n_learners), ncol = 2L)
  a <- truth[["b_Intercept"]] + truth[["sd_a"]] * z[, 1L]
  b <- truth[["b_week"]] + truth[["sd_b"]] * (truth[["cor"]] * z[, 1L] + sqrt(1 - truth[["cor"]]^2) * z[, 2L])
  rows <- expand.grid(number = seq_len(n_weeks), learner = seq_len(n_learners))
  rows <- rows[stats::runif(nrow(rows)) < keep, ]
  x <- rows$number - (n_weeks + 1) / 2
  se <- if (errors) stats::runif(nrow(rows), 0.2, 0.6) else rep(0, nrow(rows))
  score <- a[rows$learner] + b[rows$learner] * x + sqrt(truth[["sigma"]]^2 + se^2) * stats::rnorm(nrow(rows))
  frame <- data.frame(student_id = sprintf("u%05d", rows$learner), score = score,
                      week = AS_OF - 6L - 7L * (n_weeks - rows$number))
  if (errors) frame$se <- se
  attr(frame, "truth") <- data.frame(student_id = sprintf("u%05d", seq_len(n_learners)), a = a, b = b)
  frame
}

parameters_with <- function(...) {
  defaults <- lapply(growth_fit_parameters(), function(one) one$default)
  utils::modifyList(defaults, list(as_of = AS_OF, ...))
}

fit_endpoint <- function() load_service(folder)$endpoints[["/growth/fit"]]

answer_for <- function(rows, goals = NULL, ...) {
  tables <- list(rows = rows)
  tables$goals <- goals
  fit_growth(tables, parameters_with(...))
}

estimates <- function(answer) {
  stats::setNames(answer$result$posterior_summary$estimate, answer$result$posterior_summary$parameter)
}
