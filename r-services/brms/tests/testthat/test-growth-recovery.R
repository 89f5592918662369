# Known truth, seeded: what an interval of 90% covers, what a probability is worth.

# 400 learners, the last 4 weeks held back: each learner's true line at AS_OF, from the weeks before.
schools <- lapply(1:3, function(seed) {
  rows <- simulated_rows(400L, 16L, seed = seed)
  truth <- attr(rows, "truth")
  seen <- rows[rows$week <= AS_OF - 34L, ]
  goals <- data.frame(user_id = truth$student_id, goal_date = AS_OF - 3L,
                      target = stats::quantile(truth$a, (seed + 1) / 6, names = FALSE))
  answer <- answer_for(seen, goals)
  found <- answer$tables$growth_predictions
  at <- match(found$user_id, truth$student_id)
  list(answer = answer, found = found, theta = truth$a[at] + truth$b[at] * 7.5)
})

test_that("every gate passes on simulated schools", {
  for (school in schools) expect_true(all_pass(school$answer$gates))
})

test_that("hyperparameters are recovered", {
  for (school in schools) {
    summary <- school$answer$result$posterior_summary
    truth <- c(TRUTH["b_Intercept"] - 2 * TRUTH["b_week"], TRUTH[c("b_week", "sd_a", "sd_b", "cor", "sigma")])
    known <- c(1L, 2L, 4L, 6L) # at the seen weeks' centre the intercept's spread and correlation are others
    expect_lt(max(abs(summary$estimate - truth)[known] / summary$se[known]), 3.5)
  }
})

test_that("90% intervals of theta at a later date cover 86 to 94%", {
  inside <- function(one) one$theta >= one$found$lower & one$theta <= one$found$upper
  covered <- unlist(lapply(schools, inside))
  expect_gt(mean(covered), 0.86)
  expect_lt(mean(covered), 0.94)
})

test_that("P is calibrated: slope 0.8 to 1.2", {
  reached <- unlist(lapply(schools, function(one) one$theta >= one$found$target))
  p <- unlist(lapply(schools, function(one) one$found$probability))
  logit <- stats::qlogis(pmin(pmax(p, 1e-6), 1 - 1e-6))
  slope <- stats::coef(stats::glm(reached ~ logit, family = stats::binomial()))[[2L]]
  expect_gt(slope, 0.8)
  expect_lt(slope, 1.2)
})

test_that("weekly predictive intervals cover most weeks, and a week that is off is seen", {
  check <- schools[[1L]]$answer$result$diagnostics$posterior_predictive
  inside <- check$mean >= check$mean_lower & check$mean <= check$mean_upper
  expect_gt(mean(inside), 0.7)
  rows <- simulated_rows(200L, 10L)
  off <- rows$week == AS_OF - 27L
  rows$score[off] <- rows$score[off] + 0.6
  check <- answer_for(rows)$result$diagnostics$posterior_predictive
  expect_lt(check$mean_p[check$week == format(AS_OF - 27L)], 0.01)
})
