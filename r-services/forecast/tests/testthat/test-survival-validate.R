test_that("at a landmark only what was known then is seen", {
  rows <- data.frame(user_id = letters[1:4], gap_started_on = AS_OF - c(30, 30, 20, 3),
                     observed_gap_days = c(5L, 20L, 20L, 3L), returned = c(TRUE, TRUE, FALSE, FALSE))
  landmark <- AS_OF - 14
  known <- gaps_known_at(rows, landmark, 90L)
  expect_equal(known$returned, c(TRUE, FALSE, FALSE))
  expect_equal(known$observed_gap_days, c(5L, 16L, 6L))
  open <- gaps_open_at(rows, landmark, 90L, 14L)
  expect_equal(open$user_id, c("b", "c"))
  expect_equal(open$idle_days, c(16L, 6L))
  expect_equal(open$stayed_away, c(FALSE, TRUE))
})

test_that("what happens after the landmark changes no prediction made there", {
  rows <- simulated_gaps(3000L)
  landmark <- AS_OF - 28
  changed <- rows
  late <- rows$gap_started_on + rows$observed_gap_days > landmark
  changed$observed_gap_days[late] <- as.integer(AS_OF - changed$gap_started_on[late])
  changed$returned[late] <- FALSE
  changed$accuracy[rows$gap_started_on > landmark] <- 99
  fits <- lapply(list(rows, changed), function(one) fit_return_model(gaps_known_at(one, landmark, 90L))$model)
  expect_identical(fits[[1L]], fits[[2L]])
})

test_that("measures agree with their definitions", {
  risk <- c(rep(0.9, 30L), rep(0.2, 20L))
  outcome <- c(rep(c(TRUE, TRUE, FALSE), 10L), rep(c(TRUE, FALSE), 10L))
  measures <- score_measures(risk, outcome, rev(risk))
  expect_equal(measures$brier, mean((risk - outcome)^2))
  expect_equal(measures$brier_base, 0.6 * 0.4)
  pairs <- outer(risk[outcome], risk[!outcome], function(a, b) (a > b) + (a == b) / 2)
  expect_equal(measures$auc, mean(pairs))
  oracle <- stats::glm(outcome ~ stats::qlogis(risk), family = stats::binomial())
  expect_equal(c(measures$calibration_intercept, measures$calibration_slope), unname(stats::coef(oracle)))
})

test_that("true probabilities are calibrated; a model that knows nothing has no skill", {
  tasks <- landmark_tasks(simulated_gaps(8000L, n_users = 8000L),
                          fit_parameters(validate_landmarks_days = c(14L, 28L)))
  validation <- do.call(rbind, in_parallel(tasks, function(...) NULL, "validating"))
  expect_equal(validation$calibration_slope, c(1, 1), tolerance = 0.25)
  expect_true(all(validation$brier_skill > 0))
  expect_true(all(validation$auc > validation$auc_idle))
})

test_that("too few outcomes: null, with the reason in a notice and a gate that fails", {
  answer <- answer_for(simulated_gaps(160L, seed = 11L))
  gates <- answer$gates
  expect_equal(gates$name, c("converged", "n_returns", "brier_skill", "calibration_slope", "covariate_auc",
                             "newest_share_gap"))
  expect_true(is.na(gates$value[3L]) && is.na(gates$value[4L]))
  expect_match(paste(answer$notices, collapse = " "), "no validation at 14 days before as_of")
})

test_that("a covariate that knows what came later is caught, named and keeps the run from publication", {
  rows <- simulated_gaps(3000L)
  honest <- answer_for(rows)
  expect_lt(honest$gates$value[5L], 0.9)
  rows$leak <- rows$observed_gap_days + (!rows$returned) * 100
  leaking <- answer_for(rows)
  gate <- leaking$gates[leaking$gates$name == "covariate_auc", ]
  expect_gt(gate$value, gate$upper)
  expect_match(leaking$notices, "covariate leak alone predicts who stays away", all = FALSE)
  # a value that is only there when the learner comes back leaks by its absence
  rows$leak <- ifelse(rows$returned, stats::rnorm(3000L), NA)
  expect_match(answer_for(rows)$notices, "covariate leak_missing alone predicts", all = FALSE)
})

test_that("precision, recall and the skill against the days idle alone are what they say", {
  risk <- c(0.9, 0.8, 0.75, 0.6, 0.3, 0.2)[rep(1:6, 10L)]
  outcome <- c(TRUE, TRUE, FALSE, TRUE, FALSE, FALSE)[rep(1:6, 10L)]
  measures <- score_measures(risk, outcome, risk, rep(0.5, 60L), 0.7)
  expect_equal(measures[c("n_flagged", "precision", "recall")],
               list(n_flagged = 30L, precision = 2 / 3, recall = 2 / 3))
  expect_equal(measures$brier_skill_idle, 1 - mean((risk - outcome)^2) / 0.25)
  expect_true(is.na(score_measures(risk, outcome, risk, threshold = 0.95)$precision))
})

test_that("a landmark looks back as far as the fit where earlier rows are sent, and says how far it could", {
  rows <- simulated_gaps(6000L)
  earlier <- rows
  earlier$gap_started_on <- earlier$gap_started_on - 90
  one <- function(data) validate_one(data, 56L, fit_parameters())
  expect_equal(one(rows)$lookback_days, 34L)
  expect_equal(one(rbind(rows, earlier))$lookback_days, 90L)
  expect_equal(fit_survival(list(rows = rbind(rows, earlier), at_risk = open_gaps(rows)),
                            fit_parameters(validate_landmarks_days = 14L))$result$model_meta$coefficients,
               fit_return_model(ordered_gaps(rows))$coefficients)
})

test_that("on the real answers the risk beats the days idle alone", {
  file <- file.path("..", "..", "..", "..", "..", "shared", "data", "attempts", "attempts.csv.gz")
  skip_if_not(file.exists(file), "the real answers are not on this machine")
  days <- real_days(file)
  as_of <- as.Date("2017-11-30")
  rows <- real_gaps(days[days$day <= as_of, ], as_of)
  answer <- answer_for(rows, as_of = format(as_of))
  scored <- answer$tables$survival_risk
  back <- unique(days$user_id[days$day > as_of & days$day <= as_of + 14])
  scored <- scored[scored$status == "active", ]
  measures <- score_measures(scored$risk_score, !scored$user_id %in% back, scored$idle_days)
  expect_gt(measures$auc, measures$auc_idle)
  expect_gt(measures$brier_skill, 0.1)
  expect_true(measures$calibration_slope > 0.7 && measures$calibration_slope < 1.4)
})
