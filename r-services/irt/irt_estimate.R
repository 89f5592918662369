# Calibration: the founding run, and runs that go on from a bank.

THREADS <- max(1L, min(8L, parallel::detectCores()))

# Runs `work`; what the package refuses gets its status on the wire.
as_service_errors <- function(work) {
  refuse <- function(code) {
    function(cause) fitservice::stop_service(code, conditionMessage(cause), cause$detail)
  }
  withCallingHandlers(work, not_estimable = refuse("NOT_ESTIMABLE"), invalid_input = refuse("INVALID_INPUT"))
}

# The package's priors with what the request says of them: null switches one off, numbers replace its own.
wanted_priors <- function(given) utils::modifyList(sparseirt::default_priors(), as.list(given))

# The numbers are checked where they are used.
check_priors <- function(given) {
  known <- names(sparseirt::default_priors())
  named <- length(given) == 0L || (!is.null(names(given)) && all(names(given) %in% known))
  if (named && all(vapply(given, function(one) is.null(one) || is.list(one), NA))) return(NULL)
  reason <- sprintf("must be an object of %s, each null (off) or an object", paste(known, collapse = ", "))
  fitservice::problem_rows("params", "priors", NA_integer_, reason)
}

# One calibration; items come back by item id with the columns of a bank.
calibrated <- function(window, ids, parameters, anchors = NULL, group = NULL, progress = NULL) {
  fit <- as_service_errors(sparseirt::calibrate(
    window$learner, window$item, window$right, parameters$model, window$n_learners, length(ids),
    anchors = anchors, priors = wanted_priors(parameters$priors), group = group, threads = THREADS,
    max_iterations = parameters$max_iterations, progress = progress
  ))
  items <- as.data.frame(fit$items)
  fit$estimates <- data.frame(item_id = ids, items[BANK_NUMBERS], n_responses = items$n,
                              model = parameters$model)
  fit
}

# EM approaches by about the same factor in each step, so progress is reported on the log scale.
iteration_progress <- function(progress, stage, tolerance = 1e-4) {
  first <- NULL
  last_loglik <- NA_real_
  function(iteration, change, loglik) {
    if (is.null(first)) first <<- max(change, 10 * tolerance)
    way <- log(first / max(change, tolerance)) / log(first / tolerance)
    progress(stage, done = round(100 * max(0, min(1, way))), total = 100, iteration = iteration,
             loglik_change = signif(loglik - last_loglik, 3), largest_change = signif(change, 3))
    last_loglik <<- loglik
  }
}

# Said here by the items' own ids; the package knows them by number only.
refuse_one_sided <- function(window, ids) {
  n <- tabulate(window$item, length(ids))
  right <- tabulate(window$item[window$right == 1L], length(ids))
  one_sided <- ids[right == 0L | right == n]
  if (length(one_sided) == 0L || window$n_learners < 2L) return(invisible())
  shown <- paste0(paste(utils::head(one_sided, 10L), collapse = ", "), if (length(one_sided) > 10L) ", ...")
  fitservice::stop_service(
    "NOT_ESTIMABLE",
    sprintf("%d item(s) have only right or only wrong answers: %s. Leave them out of the calibration.",
            length(one_sided), shown),
    list(n_items = length(ids), n_learners = window$n_learners, one_sided_items = I(one_sided))
  )
}

# The founding run: theta ~ N(0, 1).
founding_run <- function(window, ids, parameters, progress) {
  fit <- calibrated(window, ids, parameters, progress = iteration_progress(progress, "calibrating"))
  list(fit = fit, estimates = fit$estimates, group = fit$group,
       drift = cbind(NO_DRIFT, is_anchor = logical()),
       linking = list(A = 1, B = 0, method = "founding run", n_anchors_used = 0L, slope = 1, intercept = 0))
}

# A run with a bank: free estimates of the window are compared with it. Fixed anchors hold the scale by the
# values they have; where none is fixed, Stocking and Lord's line moves the free estimates.
linked_run <- function(window, ids, bank, parameters, progress) {
  listen <- iteration_progress(progress, "comparing with the bank")
  free <- calibrated(window, ids, parameters, progress = listen)
  if (any(bank$fixed)) fixed_run(window, ids, bank, free, parameters, progress)
  else moved_run(bank, free, parameters)
}

# The mean and sd of the group, with the anchors fixed, are the line from the free scale (0, 1) to the bank's:
# each anchor has its say as far as the window knows it. Anchors that turn out unstable by that line, or
# drift persistently, are set free and the rest is calibrated again.
fixed_run <- function(window, ids, bank, free, parameters, progress) {
  anchors <- preferred_anchors(bank, usable_anchors(bank, ids), parameters$min_anchors)
  hold <- function(used, stage) {
    fixed_fit(window, ids, bank[used, ], parameters, iteration_progress(progress, stage))
  }
  fit <- hold(anchors, "calibrating")
  line <- line_of(fit, free, bank[anchors, ])
  unstable <- unstable_anchors(free$estimates, bank, anchors, line)
  used <- setdiff(anchors, unstable)
  if (length(unstable)) {
    fit <- hold(used, "calibrating again")
    line <- line_of(fit, free, bank[used, ])
  }
  drift <- drift_table(free$estimates, bank, line, fit$group, parameters)
  gone <- used[bank$item_id[used] %in% drift$item_id[drift$is_persistent]]
  used <- setdiff(used, gone)
  if (length(gone)) {
    fit <- hold(used, "calibrating again")
    line <- line_of(fit, free, bank[used, ])
  }
  check <- found_link(free$estimates, bank, evenly(used, ANCHORS_FOR_CHECK), parameters$min_anchors)
  c(list(fit = fit, estimates = fit$estimates, group = fit$group),
    scale_of_run(bank, anchors, used, unstable, drift, line, "fixed anchors", check))
}

# Stocking and Lord's line is only a cross-check here: a hundred anchors are enough, thousands take seconds.
ANCHORS_FOR_CHECK <- 100L

evenly <- function(x, n) if (length(x) <= n) x else x[round(seq(1, length(x), length.out = n))]

# From the free scale to the bank's, on which `fit` is, with its covariance by the anchors (rows of the
# bank). The group is N(0, 1) on the free scale, but for the Rasch model, where its sd is free on both.
line_of <- function(fit, free, anchors) {
  A <- fit$group[["sd"]] / free$group[["sd"]] # nolint: object_name_linter
  line <- list(A = A, B = fit$group[["mean"]] - A * free$group[["mean"]])
  recent <- free$estimates[match(anchors$item_id, free$estimates$item_id), ]
  c(line, list(covariance = sparseirt::line_covariance(recent, anchors, line)))
}

line_errors <- function(line) {
  if (!is.null(line$covariance)) stats::setNames(sqrt(diag(line$covariance)), c("A", "B"))
}

fixed_fit <- function(window, ids, anchors, parameters, progress) {
  if (nrow(anchors) == 0L) {
    fitservice::stop_service("NOT_ESTIMABLE", "No stable anchor of the bank is answered in this window.",
                             list(n_items = length(ids), n_anchors = 0L))
  }
  values <- list(item = match(anchors$item_id, ids), a = anchors$a, b = anchors$b, c = anchors$c)
  calibrated(window, ids, parameters, values, progress = progress)
}

moved_run <- function(bank, free, parameters) {
  usable <- usable_anchors(bank, free$estimates$item_id)
  link <- found_link(free$estimates, bank, usable, parameters$min_anchors)
  if (!is.null(link$refusal)) {
    fitservice::stop_service(
      "NOT_ESTIMABLE", paste("The run cannot be tied to the scale of the bank.", link$refusal),
      list(n_anchors = length(usable), n_needed = parameters$min_anchors, n_unstable = link$n_unstable)
    )
  }
  group <- c(mean = link$A * free$group[["mean"]] + link$B, sd = link$A * free$group[["sd"]])
  drift <- drift_table(free$estimates, bank, link, group, parameters)
  c(list(fit = free, estimates = as.data.frame(sparseirt::apply_link(free$estimates, link)),
         group = group),
    scale_of_run(bank, usable, setdiff(usable, link$unstable), link$unstable, drift, link, "stocking-lord",
                 link))
}

# What the gates and `linking_constants` say of the scale. `check`: Stocking and Lord's line, for comparison.
scale_of_run <- function(bank, anchors, used, unstable, drift, line, method, check) {
  drift$is_anchor <- drift$item_id %in% bank$item_id[used]
  list(
    drift = drift, has_bank = TRUE, share_unstable = length(unstable) / length(anchors),
    linking = list(
      A = line$A, B = line$B, method = method, n_anchors_used = length(used), slope = line$A,
      intercept = line$B, n_anchors = length(anchors), unstable = I(bank$item_id[unstable]),
      se = line_errors(line), stocking_lord = if (is.null(check$refusal)) c(A = check$A, B = check$B),
      stocking_lord_se = line_errors(check),
      mean_sigma = if (is.null(check$refusal)) check$mean_sigma
    )
  )
}
