# Does the model describe the scores? Residuals of single scores and learners, which are gates; and what the
# model would have predicted by week, which is reported.

MOST_LISTED <- 5L
CHECK_DRAWS <- 2000L

model_checks <- function(rows, scores, run, model, ids) {
  list(residuals = residual_check(rows, scores, run, model, ids), weeks = weekly_check(rows, run, model),
       misfit = line_misfit(rows$learner, rows$x, rows$score, noise_variance(rows, run)))
}

# Of each score, at the posterior mean of sigma.
noise_variance <- function(rows, run) {
  error <- if (is.null(rows$se)) rep(0, length(rows$score)) else rows$se^2
  sum(run$weight * run$draws[, "sigma"])^2 + error
}

# At the posterior means. With Student's t single scores may lie far out by design.
residual_check <- function(rows, scores, run, model, ids) {
  point <- c(run$points %*% run$weight)
  found <- growthcurve::standardized_residuals(scores, point, THREADS)
  gates <- gate("largest_learner_deviation", max(abs(found$by_learner)),
                upper = residual_bound(length(unique(rows$learner))))
  if (model$family == "gaussian") {
    gates <- rbind(gate("largest_residual", max(abs(found$by_row)),
                        upper = residual_bound(length(rows$score))), gates)
  }
  far <- utils::head(order(-abs(found$by_row)), MOST_LISTED)
  list(gates = gates, largest = data.frame(
    student_id = ids[rows$learner[far]], week = as.character(rows$week[far]), score = rows$score[far],
    residual = found$by_row[far]
  ))
}

# Per week: mean and sd of the scores as seen, and the 90% interval of the same number in replicated data with
# new learners (Gelman, Meng and Stern 1996). Given the hyperparameters the scores of a week are independent
# normals of different variance v_i, so that the mean is normal and the variance nearly chi-square with 2
# sum(v)^2 / (2 sum(v^2)) degrees of freedom (Satterthwaite 1946): no score need be replicated.
weekly_check <- function(rows, run, model) {
  chosen <- equal_draws(run$weight, CHECK_DRAWS)
  draws <- run$draws[chosen, , drop = FALSE]
  inflate <- noise_inflation(draws, model)
  error <- if (is.null(rows$se)) rep(0, length(rows$score)) else rows$se^2
  weeks <- split(seq_along(rows$score), rows$x)
  checked <- lapply(weeks, function(at) week_check(rows, at, error[at], draws, inflate))
  do.call(rbind, unname(checked))
}

# Var of t noise over its squared scale; a normal's is 1. Infinite variances are cut at nu = 2.1.
noise_inflation <- function(draws, model) {
  if (model$family == "gaussian") return(rep(1, nrow(draws)))
  nu <- pmax(draws[, "nu"], 2.1)
  nu / (nu - 2)
}

week_check <- function(rows, at, error, draws, inflate) {
  n <- length(at)
  x <- rows$x[at[1L]]
  d <- as.data.frame(draws)
  between <- d$sd_student_id__Intercept^2 + x^2 * d$sd_student_id__week^2 +
    2 * x * d$cor_student_id__Intercept__week * d$sd_student_id__Intercept * d$sd_student_id__week
  common <- between + inflate * d$sigma^2
  total <- n * common + inflate * sum(error)
  squares <- n * common^2 + 2 * common * inflate * sum(error) + inflate^2 * sum(error^2)
  mean <- d$b_Intercept + x * d$b_week + sqrt(total) / n * stats::rnorm(nrow(draws))
  interval <- stats::quantile(mean, c(0.05, 0.95), names = FALSE)
  line <- data.frame(week = as.character(rows$week[at[1L]]), n = n, mean = mean(rows$score[at]),
                     mean_lower = interval[1L], mean_upper = interval[2L],
                     mean_p = mean(mean >= mean(rows$score[at])), sd = NA_real_, sd_lower = NA_real_,
                     sd_upper = NA_real_, sd_p = NA_real_)
  if (n < 2L) return(line)
  df <- (n - 1) * total^2 / (n * squares)
  sd <- sqrt(total / n * stats::rchisq(nrow(draws), df) / df)
  interval <- stats::quantile(sd, c(0.05, 0.95), names = FALSE)
  observed <- stats::sd(rows$score[at])
  line$sd <- observed
  line[c("sd_lower", "sd_upper")] <- as.list(interval)
  line$sd_p <- mean(sd >= observed)
  line
}
