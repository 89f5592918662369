test_that("known effects are recovered within three robust standard errors", {
  fit <- fit_return_model(simulated_gaps(6000L))
  found <- fit$coefficients[match(c("accuracy", "log_answers"), fit$coefficients$term), ]
  expect_true(fit$converged)
  expect_true(all(abs(found$estimate - c(0.6, -0.4)) < 3 * found$robust_se))
  expect_true(all(found$robust_se < 0.05))
})

test_that("sign: who answers better returns sooner and has the lower risk", {
  rows <- simulated_gaps(3000L)
  fit <- fit_return_model(rows)
  learners <- data.frame(user_id = c("good", "bad"), idle_days = 3L, accuracy = c(1, -1), log_answers = 0)
  scored <- score_learners(fit$model, learners, fit_parameters())
  bad <- scored[scored$user_id == "bad", ]
  good <- scored[scored$user_id == "good", ]
  expect_gt(bad$risk_score, good$risk_score)
  expect_lt(bad$hazard_ratio, 1)
  expect_gt(good$hazard_ratio, 1)
})

test_that("an effect that changes after day 3 is found and followed", {
  early <- simulated_gaps(6000L, c(accuracy = 1), rate = function(u) rep(0.2, length(u)))
  late <- simulated_gaps(6000L, c(accuracy = -0.5), seed = 2L, rate = function(u) rep(0.1, length(u)))
  # a gap follows `early` up to day 3; survivors go on as `late` does, with the same x
  x <- early$accuracy
  set.seed(3)
  gap <- ceiling(stats::rexp(6000L) / (0.2 * exp(x)))
  after <- 3 + ceiling(stats::rexp(6000L) / (0.1 * exp(-0.5 * x)))
  gap <- ifelse(gap > 3, after, gap)
  open_for <- as.integer(AS_OF - early$gap_started_on)
  early$returned <- gap <= open_for
  early$observed_gap_days <- as.integer(pmin(gap, open_for))
  fit <- fit_return_model(early)
  expect_match(fit$diagnostics$proportional_hazards$remedy, "time interaction")
  expect_equal(unname(fit$model$effects[1L, ]), c(1, -0.5), tolerance = 0.12)
})

test_that("under proportional hazards no remedy is taken", {
  fit <- fit_return_model(simulated_gaps(3000L, seed = 4L))
  expect_equal(ncol(fit$model$effects), 1L)
  expect_equal(fit$diagnostics$proportional_hazards$remedy, "none needed")
})

test_that("few returns per term: ridge, labelled, with a variance by learner", {
  rows <- simulated_gaps(115L, seed = 5L)
  set.seed(6)
  for (name in setdiff(SURVIVAL_COVARIATES, names(rows))) rows[[name]] <- stats::rnorm(nrow(rows))
  fit <- fit_return_model(rows)
  expect_true(fit$diagnostics$ridge$used)
  expect_lt(fit$diagnostics$ridge$returns_per_term, 10)
  expect_true(all(is.finite(fit$coefficients$robust_se)))
})

test_that("the robust variance is survival's own where survival has one", {
  rows <- simulated_gaps(800L, seed = 7L)
  rows <- rows[rows$observed_gap_days > 0L, ]
  own <- fit_return_model(rows)$coefficients
  oracle <- survival::coxph(survival::Surv(observed_gap_days, returned) ~ log_answers + accuracy, rows,
                            cluster = rows$user_id, ties = "efron")
  expect_equal(own$estimate, unname(stats::coef(oracle)), tolerance = 1e-6)
  expect_equal(own$robust_se, unname(sqrt(diag(oracle$var))), tolerance = 1e-6)
})

test_that("missing values get an indicator; constants and exact copies leave with a notice", {
  rows <- simulated_gaps(1500L)
  rows$log_tenure <- 2
  rows$a_t <- NA_real_
  rows$e_t <- ifelse(seq_len(1500L) %% 3L == 0L, NA, rows$accuracy^2)
  rows$r_t <- ifelse(is.na(rows$e_t), NA, 2 * rows$accuracy + 1)
  plan <- design_plan(rows)
  expect_setequal(plan$terms$term, c("log_answers", "accuracy", "e_t", "e_t_missing", "r_t"))
  expect_match(plan$notices, "log_tenure is constant|a_t is constant|r_t_missing is an exact", all = TRUE)
  design <- raw_design(plan, rows)
  expect_equal(unique(design[is.na(rows$e_t), "e_t"]), mean(rows$e_t, na.rm = TRUE))
})

test_that("rows of gap 0 add nothing", {
  rows <- simulated_gaps(1000L)
  positive <- rows[rows$observed_gap_days > 0L, ]
  expect_true(nrow(positive) < nrow(rows))
  expect_equal(fit_return_model(rows)$coefficients, fit_return_model(positive)$coefficients)
})
