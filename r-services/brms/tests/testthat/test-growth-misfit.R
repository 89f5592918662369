# What the lines leave: tests of the right level where the model holds, with power where it does not.

# Growth of `n` learners over 12 weeks, of which 85% have a score: noise with autocorrelation `rho`, lines, or
# growth that saturates after the same time for all.
grown <- function(n, rho = 0, saturates = FALSE, errors = TRUE) {
  weeks <- 12L
  e <- matrix(stats::rnorm(n * weeks), weeks)
  for (t in seq_len(weeks)[-1L]) e[t, ] <- rho * e[t - 1L, ] + sqrt(1 - rho^2) * e[t, ]
  week <- rep(seq_len(weeks), n)
  learner <- rep(seq_len(n), each = weeks)
  time <- if (saturates) 12 * (1 - exp(-week / 4)) else week
  se <- if (errors) stats::runif(n * weeks, 0.2, 0.4) else rep(0, n * weeks)
  slope <- stats::rnorm(n, 0.08, 0.03)
  score <- stats::rnorm(n, 0, 0.8)[learner] + slope[learner] * time + 0.3 * c(e) +
    se * stats::rnorm(n * weeks)
  data.frame(learner, week, score, se)[stats::runif(n * weeks) < 0.85, ]
}

misfit_of <- function(rows) line_misfit(rows$learner, rows$week - 6.5, rows$score, 0.09 + rows$se^2)

zs <- function(n_sets, ...) {
  vapply(seq_len(n_sets), function(seed) {
    set.seed(seed)
    unlist(misfit_of(grown(...))[c("autocorrelation_z", "bend_z")])
  }, double(2L))
}

test_that("both statistics are what matrices give", {
  set.seed(1L)
  rows <- grown(8L, rho = 0.5)
  rows <- rows[!(rows$learner == 8L & rows$week > 3L), ] # hardly any weeks
  keep <- rows$learner %in% which(tabulate(rows$learner) > 2L)
  d <- diag(1 / sqrt(0.09 + rows$se[keep]^2))
  learner <- rows$learner[keep]
  week <- rows$week[keep] - 6.5
  owned <- outer(learner, unique(learner), `==`) * 1
  lines <- d %*% cbind(owned, owned * week)
  p <- diag(sum(keep)) - lines %*% solve(crossprod(lines), t(lines))
  a <- outer(learner, learner, `==`) * (abs(outer(week, week, `-`)) == 1) / 2
  bend <- p %*% d %*% week^2
  left <- p %*% d %*% rows$score[keep]
  gamma <- sum(left * bend) / sum(bend^2)
  u <- left - gamma * bend
  b <- a - diag(sum(keep)) * sum(diag(a %*% p)) / sum(diag(p))
  statistic <- drop(crossprod(u, b %*% u)) / (sum(u^2) / sum(diag(p)))
  trace <- sum(diag(p %*% b %*% p %*% b))
  found <- misfit_of(rows)
  expect_equal(found$bend, gamma)
  expect_equal(found$autocorrelation_z, statistic / sqrt(2 * trace))
  expect_equal(found$autocorrelation, statistic / (2 * trace))
  expect_equal(found$n_learners, length(unique(learner)))
})

test_that("lines with independent noise are flagged as often as the level says", {
  for (errors in c(TRUE, FALSE)) {
    z <- zs(300L, 60L, errors = errors)
    expect_equal(rowMeans(z), c(autocorrelation_z = 0, bend_z = 0), tolerance = 0.2)
    expect_lt(max(abs(apply(z, 1L, stats::sd) - 1)), 0.12)
    beyond <- rowMeans(abs(z) > stats::qnorm(0.975)) # three standard errors about 5%
    expect_true(all(beyond > 0.012 & beyond < 0.088))
  }
})

test_that("each departure is found, and only that one", {
  bound <- stats::qnorm(1 - MISFIT_LEVEL / 2)
  carried <- zs(60L, 100L, rho = 0.6)
  expect_gt(mean(carried["autocorrelation_z", ] > bound), 0.8)
  expect_lt(mean(abs(carried["bend_z", ]) > bound), 0.08)
  saturating <- zs(60L, 100L, saturates = TRUE)
  expect_gt(mean(saturating["bend_z", ] < -bound), 0.8)
  expect_lt(mean(abs(saturating["autocorrelation_z", ]) > bound), 0.08)
})

test_that("the fit says so, stores it, and names the way it errs", {
  answer_to <- function(...) {
    set.seed(3L)
    rows <- grown(150L, ...)
    answer_for(data.frame(student_id = sprintf("u%03d", rows$learner), week = AS_OF - 90L + 7L * rows$week,
                          score = rows$score, se = rows$se))
  }
  well <- answer_to()
  expect_length(grep("carries over|straight", well$notices), 0L)
  carried <- answer_to(rho = 0.6)
  expect_match(paste(carried$notices, collapse = " "), "carries over from week to week: .* too sure")
  stored <- jsonlite::parse_json(carried$tables$growth_brms_meta$diagnostics)
  expect_gt(stored$misfit$autocorrelation, 0.1)
  saturating <- answer_to(saturates = TRUE)
  expect_match(paste(saturating$notices, collapse = " "), "slows down.* too high")
})

test_that("two weeks a learner say nothing, and that is no error", {
  nothing <- line_misfit(c(1L, 1L, 2L, 2L), c(0, 1, 0, 1), c(0, 1, 1, 3), rep(1, 4L))
  expect_true(is.na(nothing$bend_z) && is.na(nothing$autocorrelation_z))
  expect_null(misfit_notices(nothing))
})
