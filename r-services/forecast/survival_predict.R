# Scoring from a stored model, without a refit.

# As JSON: arrays stay arrays, effects are one array per term (one number per period).
stored_model <- function(model, parameters) {
  terms <- model$terms
  terms$effects <- lapply(seq_len(nrow(terms)), function(i) I(model$effects[i, ]))
  list(
    format = 1L, event_threshold_days = parameters$event_threshold_days,
    horizon_days = parameters$horizon_days, cut_days = I(model$cut_days),
    covariates = model$covariates, terms = terms, baseline = model$baseline, extension = model$extension
  )
}

#' Score learners with a stored model.
#'
#' @param tables rows: user_id, idle_days and the model's covariates; closed_days, one row per day.
#' @param parameters model (survival_fit_meta.diagnostics, or its `model`), time_points in days; which run the
#'   model is of and how old it is, see fitservice::stored_model_parameters().
#' @param progress Unused; scoring takes moments.
#' @return list(result(survival_curves, risk_rankings), tables(survival_risk), gates, notices). Raises
#'   INVALID_INPUT.
predict_survival <- function(tables, parameters, progress = function(...) NULL) {
  model <- read_model(parameters$model)
  rows <- tables$rows[order(tables$rows$user_id, method = "radix"), ]
  absent <- setdiff(model$covariates$name, names(rows))
  if (length(absent)) {
    fitservice::stop_service("INVALID_INPUT", "The rows lack covariates of the model.",
                             list(problems = fitservice::problem_rows("rows", absent, rep(NA, length(absent)),
                                                                      "the column is missing")))
  }
  closed <- closed_days(tables$closed_days)
  of_model <- c(parameters["as_of"], model[c("event_threshold_days", "horizon_days")])
  risk <- score_learners(model, rows, of_model, closed)
  order_of_risk <- order(-risk$risk_score, risk$user_id, method = "radix")
  rankings <- nested(cbind(rank = seq_along(order_of_risk), risk[order_of_risk, ]))
  list(
    result = list(survival_curves = learner_curves(model, rows, parameters, closed),
                  risk_rankings = rankings),
    tables = list(survival_risk = risk),
    gates = fitservice::stored_model_gates(risk$risk_score, parameters),
    notices = c(extension_notice(model, rows, max(c(parameters$time_points, model$horizon_days))),
                calendar_notice(of_model, closed))
  )
}

# data.frame(user_id, idle_days, curve = list of data.frame(t, S)), S = G(idle + t) / G(idle).
learner_curves <- function(model, rows, parameters, closed) {
  idle <- school_idle(rows$idle_days, parameters$as_of, closed)
  lp <- linear_predictor(model, rows)
  points <- sort(unique(parameters$time_points))
  by_time <- unlist(lapply(points, function(t) {
    stay_away_probability(model, lp, idle, school_horizon(t, parameters$as_of, closed))
  }))
  cells <- sprintf("{\"t\":%d,\"S\":%s}", rep(points, each = nrow(rows)), fitservice::number_text(by_time))
  cells <- matrix(cells, nrow(rows), length(points))
  text <- if (nrow(rows)) paste0("[", apply(cells, 1L, paste, collapse = ","), "]") else character()
  curves <- data.frame(user_id = rows$user_id, idle_days = rows$idle_days)
  curves$curve <- structure(text, class = "json")
  curves
}

# The model as it came through JSON, back in the form scoring uses.
read_model <- function(given) {
  inner <- if (is.null(given$diagnostics)) given else given$diagnostics
  stored <- if (is.null(inner$model)) inner else inner$model
  tryCatch(model_from_json(stored), error = function(cause) {
    fitservice::stop_service("INVALID_INPUT", "params: `model` is not a stored survival model (format 1).",
                             list(expected = "survival_fit_meta.diagnostics.model of a survival fit"))
  })
}

model_from_json <- function(stored) {
  stopifnot(identical(as.integer(stored$format), 1L))
  numbers <- function(records, field) vapply(records, function(one) as.double(one[[field]]), 1)
  texts <- function(records, field) vapply(records, function(one) one[[field]], "")
  terms <- stored$terms
  model <- list(
    event_threshold_days = as.integer(stored$event_threshold_days),
    horizon_days = as.integer(stored$horizon_days),
    cut_days = as.integer(unlist(stored$cut_days)),
    covariates = data.frame(name = texts(stored$covariates, "name"),
                            impute = numbers(stored$covariates, "impute")),
    terms = data.frame(term = texts(terms, "term"), covariate = texts(terms, "covariate"),
                       kind = texts(terms, "kind"), mean = numbers(terms, "mean")),
    effects = do.call(rbind, lapply(terms, function(one) as.double(unlist(one$effects)))),
    baseline = data.frame(day = numbers(stored$baseline, "day"), hazard = numbers(stored$baseline, "hazard")),
    extension = lapply(stored$extension, as.double)
  )
  stopifnot(ncol(model$effects) == length(model$cut_days) + 1L, all(is.finite(model$effects)),
            all(model$baseline$hazard >= 0), is.finite(model$extension$daily_hazard))
  model
}
