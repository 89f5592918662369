# Calibration: the founding run, and runs that go on from a bank.

THREADS <- max(1L, min(8L, parallel::detectCores()))

# Runs `work`; what the package refuses gets its status on the wire.
as_service_errors <- function(work) {
  refuse <- function(code) {
    function(cause) fitservice::stop_service(code, conditionMessage(cause), cause$detail)
  }
  withCallingHandlers(work, not_estimable = refuse("NOT_ESTIMABLE"), invalid_input = refuse("INVALID_INPUT"))
}

# One calibration; items come back by item id with the columns of a bank.
calibrated <- function(window, ids, parameters, anchors = NULL, group = NULL, progress = NULL) {
  fit <- as_service_errors(sparseirt::calibrate(
    window$learner, window$item, window$right, parameters$model, window$n_learners, length(ids),
    anchors = anchors, group = group, threads = THREADS, max_iterations = parameters$max_iterations,
    progress = progress
  ))
  items <- as.data.frame(fit$items)
  fit$estimates <- data.frame(item_id = ids, items[BANK_NUMBERS], n_responses = items$n,
                              model = parameters$model)
  fit
}

# EM gets nearer by about the same factor in each step: the share of the way is told on the log scale.
iteration_progress <- function(progress, stage, tolerance = 1e-4) {
  first <- NULL
  last_loglik <- NA_real_
  function(iteration, change, loglik) {
    if (is.null(first)) first <<- max(change, 10 * tolerance)
    way <- log(first / max(change, tolerance)) / log(first / tolerance)
    progress(stage, done = round(100 * max(0, min(1, way))), total = 100, iteration = iteration,
             largest_change = signif(change, 3), log_likelihood_change = signif(loglik - last_loglik, 3))
    last_loglik <<- loglik
  }
}

# The founding run: theta ~ N(0, 1).
founding_run <- function(window, ids, parameters, progress) {
  fit <- calibrated(window, ids, parameters, progress = iteration_progress(progress, "calibrating"))
  list(fit = fit, estimates = fit$estimates, group = fit$group, drift = cbind(NO_DRIFT, is_anchor = logical()),
       linking = list(A = 1, B = 0, method = "founding run", n_anchors_used = 0L, slope = 1, intercept = 0))
}

# A run with a bank: free estimates of the window are tied to the bank and compared with it; then, with fixed
# anchors, the window is calibrated again with the anchors at the bank's values and the group free.
linked_run <- function(window, ids, bank, parameters, progress) {
  free <- calibrated(window, ids, parameters, progress = iteration_progress(progress, "comparing with the bank"))
  usable <- usable_anchors(bank, ids)
  anchors <- preferred_anchors(bank, usable, parameters$min_anchors)
  is_fixed <- any(bank$fixed)
  link <- line_to_bank(free$estimates, bank, usable, parameters, function() {
    fixed_fit(window, ids, bank[anchors, ], parameters)$group
  })
  drift <- drift_table(free$estimates, bank, link, parameters)
  unstable <- link$anchors[link$dropped]
  used <- setdiff(anchors, unstable)
  used <- used[!bank$item_id[used] %in% drift$item_id[drift$is_persistent]]
  drift$is_anchor <- drift$item_id %in% bank$item_id[used]
  run <- if (is_fixed) fixed_run(window, ids, bank[used, ], link, parameters, progress) else moved_run(free, link)
  c(run, list(
    drift = drift, n_anchors = length(anchors), notices = c(link$refusal, link$notice),
    share_unstable = unstable_share(link),
    linking = linking_constants(link, is_fixed, length(used), bank$item_id[unstable])
  ))
}

line_to_bank <- function(free, bank, usable, parameters, group_of) {
  if (any(bank$fixed)) return(checked_link(free, bank, usable, parameters$min_anchors, group_of))
  link <- found_link(free, bank, usable, parameters$min_anchors)
  require_link(link, length(usable), parameters$min_anchors)
  link
}

# Start at the line found, if any: that saves iterations.
fixed_fit <- function(window, ids, anchors, parameters, start = NULL, progress = NULL) {
  values <- list(item = match(anchors$item_id, ids), a = anchors$a, b = anchors$b, c = anchors$c)
  if (length(values$item) == 0L) {
    fitservice::stop_service("NOT_ESTIMABLE", "No anchor of the bank is answered in this window.",
                             list(n_items = length(ids), n_anchors = 0L))
  }
  calibrated(window, ids, parameters, values, start, progress)
}

fixed_run <- function(window, ids, anchors, link, parameters, progress) {
  start <- if (is.null(link$refusal)) c(link$B, link$A)
  fit <- fixed_fit(window, ids, anchors, parameters, start, iteration_progress(progress, "calibrating"))
  list(fit = fit, estimates = fit$estimates, group = fit$group)
}

moved_run <- function(free, link) {
  list(fit = free, estimates = as.data.frame(sparseirt::apply_link(free$estimates, link)),
       group = c(mean = link$A * free$group[["mean"]] + link$B, sd = link$A * free$group[["sd"]]))
}

# Of the anchors that could be checked; NULL where none could.
unstable_share <- function(link) {
  n_unstable <- if (is.null(link$refusal)) length(link$dropped) else link$detail$n_unstable
  if (length(link$anchors)) n_unstable / length(link$anchors)
}

linking_constants <- function(link, is_fixed, n_used, dropped) {
  known <- function(x) if (is.null(x)) NA_real_ else x
  list(A = known(link$A), B = known(link$B), method = if (is_fixed) "fixed anchors" else "stocking-lord",
       n_anchors_used = n_used, slope = known(link$A), intercept = known(link$B),
       line_from = known(link$method), n_anchors_checked = length(link$anchors),
       mean_sigma = as.list(link$mean_sigma), dropped = I(as.character(dropped)))
}
