# The two survival fits as plain functions: tables and parameters in, lists and landing tables out.

#' Fit the time to return and score everybody at risk.
#'
#' @param tables rows (one per gap), at_risk (one per learner) and closed_days (one per day), see prototype.R.
#'   Days are whole UTC days.
#' @param parameters See survival_fit_parameters().
#' @param progress function(stage, done, total).
#' @return list(result, tables(survival_risk, survival_fit_meta), gates, notices). Raises NOT_ESTIMABLE.
fit_survival <- function(tables, parameters, progress = function(...) NULL) {
  rows <- ordered_gaps(tables$rows)
  check_holds_returns(rows, parameters$event_threshold_days)
  dated <- with_as_of(rows, parameters)
  parameters <- dated$parameters
  closed <- closed_days(tables$closed_days)
  used <- gaps_in_lookback(rows, parameters)
  at_risk <- with_at_risk(used, tables$at_risk)
  validating <- gaps_to_validate(rows)
  rm(tables, rows)
  used <- gaps_with_days(in_school_days(used, closed))
  progress("fitting")
  fit <- fit_return_model(used)
  fit$concordance <- gap_concordance(fit$model, used, parameters$horizon_days)$concordance
  rm(used)
  validated <- validate(validating$rows, parameters, closed, progress)
  progress("scoring")
  risk <- score_learners(fit$model, at_risk$data, parameters, closed)
  meta <- model_meta(fit, validated$landmarks, validated$folds, parameters, at_risk$data)
  curve <- average_curve(fit$model, fit$model$extension$from_day)
  notices <- c(dated$notices, at_risk$notices, fit$notices, validating$notices,
               validation_notices(validated$landmarks),
               extension_notice(fit$model, at_risk$data, parameters$horizon_days),
               calendar_notice(parameters, closed))
  list(
    result = list(model_meta = meta, predictions = nested(risk), risk_scores = nested(risk),
                  survival_curve = curve),
    tables = list(survival_risk = risk, survival_fit_meta = meta_row(meta, curve)),
    gates = survival_gates(fit, validated$landmarks), notices = notices
  )
}

# Earlier rows are sent for the landmarks, which look back just as far from where they stand.
gaps_in_lookback <- function(rows, parameters) {
  if (is.null(rows$gap_started_on)) return(rows)
  gaps_known_at(rows, parameters$as_of, parameters$lookback_days)
}

validate <- function(rows, parameters, closed, progress) {
  landmarks <- landmark_tasks(rows, parameters, closed)
  loadNamespace("survival") # a second, once: processes that fork later have it
  folds <- fold_tasks(in_school_days(gaps_in_lookback(rows, parameters), closed), parameters)
  # each process would take as much memory again as a large fit has left behind
  workers <- if (nrow(rows) > VALIDATION_GAPS / 2) 1L else WORKERS
  measured <- in_parallel(c(landmarks, folds), progress, "validating", workers)
  is_landmark <- seq_along(measured) <= length(landmarks)
  list(landmarks = do.call(rbind, measured[is_landmark]),
       folds = folds_summary(do.call(rbind, measured[!is_landmark])))
}

# Enough for errors of a few thousandths in all measures; more would only take longer.
VALIDATION_GAPS <- 150000L

# list(rows, notices): the gaps of as many learners as together have no more than `most`. Who they are follows
# from their ids alone.
gaps_to_validate <- function(rows, most = VALIDATION_GAPS) {
  if (nrow(rows) <= most) return(list(rows = rows))
  learners <- unique(rows$user_id)
  n_gaps <- tabulate(match(rows$user_id, learners))
  by_hash <- order(digest::digest2int(learners), learners, method = "radix")
  kept <- learners[by_hash][cumsum(n_gaps[by_hash]) <= most]
  list(rows = rows[rows$user_id %in% kept, ],
       notices = sprintf("the fit is validated on %d of %d learners, chosen by their ids.", length(kept),
                         length(learners)))
}

# A fixed order, so that the order of the request's rows changes no digit.
ordered_gaps <- function(rows) {
  keys <- c("user_id", "gap_started_on", "observed_gap_days", "returned", covariate_names(rows))
  keys <- intersect(keys, names(rows))
  rows[do.call(order, c(lapply(keys, function(key) rows[[key]]), list(method = "radix"))), ]
}

# Problems across columns, for the answer 400. An `event` snapshot passes here and is answered 422 by the fit.
check_survival_tables <- function(tables, parameters) {
  rows <- tables$rows
  problems <- NULL
  if (is.null(rows$returned)) {
    if (is.null(rows$event)) {
      problems <- fitservice::add_problem(NULL, "rows", "returned", NA_integer_, "the column is missing")
    }
  } else {
    at_once <- which(rows$returned & rows$observed_gap_days == 0L)
    problems <- fitservice::add_problem(problems, "rows", "observed_gap_days", at_once,
                                        "a gap that ended with a return has at least 1 day")
  }
  if (!is.null(tables$at_risk)) {
    absent <- setdiff(covariate_names(rows), names(tables$at_risk))
    problems <- fitservice::add_problem(problems, "at_risk", absent, rep(NA_integer_, length(absent)),
                                        "the column is in rows but missing here")
  }
  rbind(problems, check_covariate_sizes(rows, "rows"), check_covariate_sizes(tables$at_risk, "at_risk"),
        check_survival_dates(rows, parameters), check_calendar(tables, parameters, needs_start = TRUE))
}

# Squares and products of larger numbers would not be numbers.
LARGEST_COVARIATE <- 1e100

check_covariate_sizes <- function(data, table) {
  problems <- NULL
  if (is.null(data)) return(problems)
  for (name in covariate_names(data)) {
    reason <- sprintf("must be between -%g and %g", LARGEST_COVARIATE, LARGEST_COVARIATE)
    too_large <- which(abs(data[[name]]) > LARGEST_COVARIATE)
    problems <- fitservice::add_problem(problems, table, name, too_large, reason)
  }
  problems
}

check_survival_dates <- function(rows, parameters) {
  early <- which(parameters$validate_landmarks_days < parameters$horizon_days)
  problems <- fitservice::add_problem(
    NULL, "params", "validate_landmarks_days", rep(NA_integer_, length(early)),
    "a landmark must lie at least horizon_days before as_of, or its outcome is not known yet"
  )
  if (is.null(parameters$as_of) || is.null(rows$gap_started_on)) return(problems)
  late <- which(rows$gap_started_on + rows$observed_gap_days > parameters$as_of)
  fitservice::add_problem(problems, "rows", "observed_gap_days", late, "the gap reaches beyond as_of")
}

check_holds_returns <- function(rows, threshold) {
  if (is.null(rows$returned)) {
    fitservice::stop_service(
      "NOT_ESTIMABLE",
      paste("The rows have an `event` instead of `returned`: an event that is a function of the days idle",
            "holds no return, so there is nothing to estimate."),
      list(needed = "rows with `returned`, one per gap, most of which end with a return")
    )
  }
  if (any(rows$returned) && !any(rows$returned & rows$observed_gap_days < threshold)) {
    fitservice::stop_service(
      "NOT_ESTIMABLE",
      sprintf(paste("No gap shorter than %d days ends with a return: `returned` looks like an event set at",
                    "that many days idle, which holds no return."), threshold),
      list(n_gaps = nrow(rows), n_marked = sum(rows$returned), event_threshold_days = threshold)
    )
  }
}

# as_of is only needed to look back from; the gaps themselves end there.
with_as_of <- function(rows, parameters) {
  if (!is.null(parameters$as_of) || is.null(rows$gap_started_on)) return(list(parameters = parameters))
  parameters$as_of <- max(rows$gap_started_on + rows$observed_gap_days)
  list(parameters = parameters, notices = sprintf("as_of was not given; the last day any gap reaches is %s.",
                                                  parameters$as_of))
}

# Without an at_risk table, the open gap of each learner is scored.
with_at_risk <- function(rows, at_risk) {
  if (!is.null(at_risk)) {
    return(list(data = at_risk, notices = if (nrow(at_risk) == 0L) "at_risk has no rows: nobody is scored."))
  }
  open <- rows[!rows$returned, ]
  open <- open[!duplicated(open$user_id, fromLast = TRUE), ]
  open$idle_days <- open$observed_gap_days
  list(data = open, notices = "at_risk was not sent; the last open gap of each learner in rows is scored.")
}
