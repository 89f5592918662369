# The posterior of a small dense 2PL with log a ~ N(0, sd^2) and flat d, made without the C++.

posterior_case <- function() {
  answers <- simulated_answers(800L, 12L, seed = 42L)
  prior <- list(log_a = list(sd = 0.3, learn = FALSE))
  list(answers = answers, fit = calibrated(answers, priors = prior, tolerance = 1e-5), sd = 0.3)
}

# Log posterior of (log a, d), learners grouped by pattern of answers.
log_posterior_of <- function(case) {
  answers <- case$answers
  n_items <- answers$n_items
  by_learner <- matrix(answers$right[order(answers$learner, answers$item)], n_items)
  counts <- table(do.call(paste0, as.data.frame(t(by_learner))))
  right <- do.call(rbind, lapply(strsplit(names(counts), ""), as.integer))
  theta <- seq(-6, 6, length.out = 49L)
  weight <- stats::dnorm(theta) / sum(stats::dnorm(theta))
  function(x) {
    p <- item_curve(theta, exp(x[seq_len(n_items)]), x[n_items + seq_len(n_items)], 0)
    likelihood <- exp(log(p) %*% t(right) + log1p(-p) %*% t(1 - right))
    sum(counts * log(colSums(weight * likelihood))) +
      sum(stats::dnorm(x[seq_len(n_items)], 0, case$sd, log = TRUE))
  }
}

# Importance sampling from a t distribution with 8 degrees of freedom around `mode`: list(mean, sd, ess).
sampled_posterior <- function(log_posterior, mode, draws, seed = 1L) {
  set.seed(seed)
  covariance <- solve(stats::optimHess(mode, function(x) -log_posterior(x)))
  size <- length(mode)
  z <- matrix(stats::rnorm(draws * size), draws) / sqrt(stats::rchisq(draws, 8) / 8)
  x <- sweep(z %*% chol(covariance), 2L, mode, `+`)
  log_weight <- apply(x, 1L, log_posterior) + (8 + size) / 2 * log1p(rowSums(z^2) / 8)
  weight <- exp(log_weight - max(log_weight))
  weight <- weight / sum(weight)
  mean <- colSums(weight * x)
  list(mean = mean, sd = sqrt(colSums(weight * sweep(x, 2L, mean)^2)), ess = 1 / sum(weight^2))
}

STAN_2PL <- "
data {
  int n; int n_learners; int n_items; real sd_log_a;
  int<lower=1> learner[n]; int<lower=1> item[n]; int<lower=0, upper=1> right[n];
}
parameters { vector[n_learners] theta; vector[n_items] log_a; vector[n_items] d; }
model {
  theta ~ std_normal();
  log_a ~ normal(0, sd_log_a);
  right ~ bernoulli_logit(exp(log_a[item]) .* theta[learner] + d[item]);
}"

# Means, sds, n_eff and Rhat of (log a, d). Debian's Boost is found where its package puts it.
stan_posterior <- function(answers, sd_log_a) {
  if (!nzchar(system.file(package = "BH", "include"))) rstan::rstan_options(boost_lib = "/usr/include")
  model <- rstan::stan_model(model_code = STAN_2PL)
  data <- c(list(n = length(answers$item), sd_log_a = sd_log_a),
            answers[c("n_learners", "n_items", "learner", "item", "right")])
  fit <- rstan::sampling(model, data, chains = 2L, iter = 1500L, warmup = 500L, cores = 2L, refresh = 0L,
                         seed = 1L, pars = c("log_a", "d"))
  summary <- rstan::summary(fit)$summary
  summary[grep("^(log_a|d)\\[", rownames(summary)), ]
}
