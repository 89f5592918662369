# Chains of a compiled Stan program, each in its own process, so that they run at the same time, report their
# progress and end with the fit's process. Diagnostics as defined by Vehtari, Gelman, Simpson, Carpenter and
# Bürkner (2021).

LOOK_SECONDS <- 0.1
ITERATION_LINE <- "^Chain [0-9]+: Iteration: +([0-9]+) / .*$"

# Returns list(draws: iterations x chains x parameters after warm-up; divergences; ebfmi by chain; seconds).
# settings: iter (half of it warm-up), chains, seed, adapt_delta, max_treedepth; init: NULL or a named list.
run_chains <- function(model_path, data, parameters, settings, progress, init = NULL) {
  folder <- tempfile("chains")
  dir.create(folder, mode = "0700")
  on.exit(unlink(folder, recursive = TRUE))
  chains <- lapply(seq_len(settings$chains), start_chain, model_path, data, parameters, settings, init,
                   folder)
  on.exit(for (chain in chains) chain$process$kill(), add = TRUE, after = FALSE)
  report <- function() report_iterations(chains, settings, progress)
  while (any(vapply(chains, function(chain) chain$process$is_alive(), NA))) {
    report()
    Sys.sleep(LOOK_SECONDS)
  }
  report()
  gathered(lapply(chains, function(chain) chain$process$get_result()))
}

start_chain <- function(number, model_path, data, parameters, settings, init, folder) {
  output <- file.path(folder, sprintf("chain-%d.txt", number))
  arguments <- list(model_path, data, parameters, settings, init, number)
  process <- callr::r_bg(one_chain, arguments, libpath = .libPaths(), stdout = output, stderr = "2>&1",
                         supervise = TRUE, user_profile = FALSE, system_profile = FALSE, package = FALSE)
  list(process = process, output = output)
}

# Runs in the chain's process, where the other functions of this file do not exist.
one_chain <- function(model_path, data, parameters, settings, init, number) {
  model <- readRDS(model_path)
  start <- if (is.null(init)) "random" else list(init)
  fit <- suppressMessages(rstan::sampling(
    model, data = data, chains = 1L, chain_id = number, iter = settings$iter, seed = settings$seed,
    pars = parameters, init = start, refresh = max(1L, settings$iter %/% 100L), cores = 1L,
    control = list(adapt_delta = settings$adapt_delta, max_treedepth = settings$max_treedepth)
  ))
  if (length(fit@sim) == 0L) stop("the sampler did not start")
  steps <- rstan::get_sampler_params(fit, inc_warmup = FALSE)[[1L]]
  energy <- steps[, "energy__"]
  list(draws = as.matrix(fit), divergences = sum(steps[, "divergent__"]),
       ebfmi = mean(diff(energy)^2) / stats::var(energy))
}

report_iterations <- function(chains, settings, progress) {
  done <- vapply(chains, function(chain) last_iteration(chain$output), 0)
  facts <- stats::setNames(as.list(as.integer(done)), sprintf("chain_%d", seq_along(done)))
  do.call(progress, c(list("sampling", as.integer(sum(done)), as.integer(settings$iter * settings$chains)),
                      facts))
}

last_iteration <- function(file) {
  lines <- if (file.exists(file)) grep(ITERATION_LINE, readLines(file, warn = FALSE), value = TRUE)
  if (length(lines) == 0L) return(0)
  as.numeric(sub(ITERATION_LINE, "\\1", lines[length(lines)]))
}

gathered <- function(results) {
  one <- results[[1L]]$draws
  draws <- array(unlist(lapply(results, function(result) result$draws)), c(dim(one), length(results)),
                 list(NULL, colnames(one), NULL))
  list(draws = aperm(draws, c(1L, 3L, 2L)), divergences = sum(vapply(results, function(x) x$divergences, 0)),
       ebfmi = vapply(results, function(x) x$ebfmi, 0))
}

# list(by_parameter, divergences, ebfmi). draws: iterations x chains x hyperparameters, named as brms names
# them.
chain_facts <- function(sampled, draws) {
  matrix_of <- function(name) matrix(draws[, , name], dim(draws)[1L])
  by <- lapply(dimnames(draws)[[3L]], function(name) {
    x <- matrix_of(name)
    data.frame(parameter = name, rhat = posterior::rhat(x), ess_bulk = posterior::ess_bulk(x),
               ess_tail = posterior::ess_tail(x))
  })
  list(by_parameter = do.call(rbind, by), divergences = sampled$divergences, ebfmi = sampled$ebfmi)
}

chain_diagnostics <- function(facts, n_draws) {
  by <- facts$by_parameter
  list(rhat = max(by$rhat), ess_bulk = min(by$ess_bulk), ess_tail = min(by$ess_tail),
       divergences = facts$divergences,
       ebfmi = min(facts$ebfmi), pareto_k = NULL, n_draws = n_draws, by_parameter = by)
}
