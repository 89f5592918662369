# What the probability must obey.

rows <- simulated_rows(60L, 10L)
at_target <- function(target, ...) {
  ids <- c(unique(rows$student_id), "nobody")
  answer_for(rows, data.frame(user_id = ids, target = target), ...)$tables$growth_predictions
}

test_that("P falls as the target rises", {
  by_target <- vapply(c(-1, 0, 0.5, 1, 2), function(target) at_target(target)$probability, numeric(61L))
  expect_true(all(apply(by_target, 1L, diff) < 0))
})

test_that("a learner without scores gets the population with a wide interval", {
  found <- at_target(0.5)
  nobody <- found[found$user_id == "nobody", ]
  expect_equal(nobody$method, "population")
  expect_gt(nobody$sigma, max(found$sigma[found$user_id != "nobody"]))
  expect_gt(nobody$upper - nobody$lower, 1.5 * max((found$upper - found$lower)[found$method != "population"]))
  expect_gt(mean(found$mean > nobody$lower & found$mean < nobody$upper), 0.8)
})

test_that("goals are taken by learner, defaults elsewhere; dates have their place on the axis", {
  goals <- data.frame(user_id = c("u00001", "u00002", "u00003"), target = c(1, NA, 2),
                      goal_date = as.Date(c("2024-06-30", "2024-05-05", NA)))
  found <- answer_for(rows, goals, target = 0.25)$tables$growth_predictions
  expect_equal(found$target[1:4], c(1, 0.25, 2, 0.25))
  expect_equal(found$goal_date[1:4], as.Date(c("2024-06-30", "2024-05-05", "2024-04-28", "2024-04-28")))
  axis <- week_axis(rows$week)
  expect_equal(day_on_axis(as.Date("2024-03-28"), axis), on_axis(as.Date("2024-03-25"), axis))
  later <- answer_for(rows, transform(goals, goal_date = goal_date + 7L))$tables$growth_predictions
  expect_equal(later$mean[1:2] - found$mean[1:2], found$slope_mean[1:2], tolerance = 1e-8)
})

test_that("the order of rows and the ids' order change nothing", {
  shuffled <- answer_for(rows[rev(seq_len(nrow(rows))), ])
  expect_identical(shuffled$tables, answer_for(rows)$tables)
})

test_that("week numbers do as well as dates", {
  numbered <- rows
  numbered$week <- as.integer(rows$week - AS_OF + 6L) / 7L + 100L
  numbered$week <- as.integer(numbered$week)
  goals <- data.frame(student_id = "u00001", goal_week = 104L)
  dated_goals <- data.frame(student_id = "u00001", goal_date = AS_OF - 3L + 28L)
  found <- answer_for(numbered, goals)$result$predictions
  expect_equal(found$goal_week[1:2], c(104L, 104L))
  expect_equal(found$probability[1L], answer_for(rows, dated_goals)$result$predictions$probability[1L])
})

test_that("/growth/predict carries the stored posterior on to the same answer", {
  goals <- data.frame(user_id = c("u00001", "new"), target = c(0.8, 0.1))
  fitted <- answer_for(rows, goals)
  stored <- jsonlite::parse_json(fitted$tables$growth_brms_meta$posterior)
  parameters <- lapply(growth_predict_parameters(), function(one) one$default)
  parameters <- utils::modifyList(parameters, list(posterior = stored, as_of = AS_OF))
  found <- predict_growth(list(rows = rows, goals = goals), parameters)$result$predictions
  own <- fitted$result$predictions
  expect_equal(found$student_id, own$student_id)
  expect_lt(max(abs(found$probability - own$probability)), 0.02)
  expect_equal(found$mean_score, own$mean_score, tolerance = 0.01)
  expect_equal(unique(found$method), c("population", "stored"))
  only_goals <- predict_growth(list(goals = goals), parameters)$result$predictions
  expect_equal(only_goals$method, c("population", "population"))
})

test_that("/growth/predict answers for a mean and a standard deviation", {
  parameters <- lapply(growth_predict_parameters(), function(one) one$default)
  given <- list(mean = 0.5, sd = 0.4, target = 0.9)
  one <- predict_growth(list(), utils::modifyList(parameters, given))$result
  expect_equal(one$probability, stats::pnorm(-1))
  expect_equal(c(one$lower, one$upper), stats::qnorm(c(0.05, 0.95), 0.5, 0.4))
  expect_equal(one$uncertainty, 0.4)
  sure <- predict_growth(list(), utils::modifyList(parameters, list(mean = 1, sd = 0)))$result
  expect_equal(sure$probability, 1)
})

test_that("the seed moves P by its Monte-Carlo error only", {
  first <- answer_for(rows)$tables$growth_predictions
  second <- answer_for(rows, seed = 99L)$tables$growth_predictions
  expect_false(identical(first, second))
  expect_lt(max(abs(first$probability - second$probability)), 0.01)
})
