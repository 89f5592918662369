# Which of the stored segments a learner belongs to, without a fit; the fit itself assigns by the same
# lines.

#' Assign learners to the segments of a stored model.
#'
#' @param tables One of features, rows, data, data_rows: one row per learner.
#' @param parameters See segments_predict_parameters(); `model` holds `features` and `centers` as segment_meta
#'   has them.
#' @param progress function(stage, done, total).
#' @return list(result, tables(segment_assignments), gates, notices).
predict_segments <- function(tables, parameters, progress = function(...) NULL) {
  model <- read_model(parameters$model)
  rows <- ordered_learners(sent_features(tables))
  absent <- setdiff(model$scaler$feature, names(rows))
  if (length(absent)) {
    fitservice::stop_service(
      "INVALID_INPUT", sprintf("The rows lack features of the model: %s.", paste(absent, collapse = ", ")),
      list(problems = fitservice::problem_rows("features", absent, rep(NA_integer_, length(absent)),
                                               "the column is missing"))
    )
  }
  assigned <- assign_segments(model$scaler, model$centers, rows)
  list(
    result = list(segments = assigned[setdiff(names(assigned), "features_snapshot")]),
    tables = list(segment_assignments = assigned),
    gates = fitservice::stored_model_gates(assigned$strength, parameters), notices = NULL
  )
}

# data.frame(user_id, segment_id, segment_label, strength, distance, is_assigned_only (a feature of the scaler
# is not known: the learner did not decide), features_snapshot (JSON text)), one row per row of `rows`.
# `centers`: data.frame(segment_id, segment_label) with the scaled centres as matrix `scaled`.
assign_segments <- function(scaler, centers, rows) {
  near <- nearest(scaled_values(scaler, rows), centers$scaled)
  data.frame(
    user_id = rows$user_id, segment_id = centers$segment_id[near$cluster],
    segment_label = centers$segment_label[near$cluster], strength = near$strength, distance = near$distance,
    is_assigned_only = !stats::complete.cases(rows[scaler$feature]),
    features_snapshot = features_text(rows[setdiff(names(rows), "user_id")])
  )
}

# One JSON object per row: every feature in its natural unit, null where it is not known.
features_text <- function(features) {
  pairs <- Map(function(name, x) {
    paste0(fitservice::json_text(name), ":", fitservice::number_text(as.double(x)))
  }, names(features), features)
  paste0("{", do.call(paste, c(unname(pairs), sep = ",")), "}")
}

# The model as it came through JSON, back in the form that assigns.
read_model <- function(given) {
  tryCatch(model_from_json(given), error = function(cause) {
    fitservice::stop_service("INVALID_INPUT", "params: `model` is not a stored model of segments.",
                             list(expected = "an object with `features` and `centers` of segment_meta"))
  })
}

model_from_json <- function(given) {
  texts <- function(records, key) vapply(records, function(one) one[[key]], "")
  numbers <- function(records, key) vapply(records, function(one) as.double(one[[key]]), 1)
  scaler <- data.frame(
    feature = texts(given$features, "feature"), transform = texts(given$features, "transform"),
    center = numbers(given$features, "center"), scale = numbers(given$features, "scale"),
    bound = numbers(given$features, "bound")
  )
  scaled <- do.call(rbind, lapply(given$centers, function(one) {
    vapply(scaler$feature, function(feature) as.double(one$scaled[[feature]]), 1)
  }))
  stopifnot(nrow(scaler) > 0L, nrow(scaled) > 0L, all(scaler$scale > 0), all(is.finite(scaled)),
            scaler$transform %in% c("log1p", "identity"))
  centers <- data.frame(segment_id = as.integer(numbers(given$centers, "segment_id")),
                        segment_label = texts(given$centers, "segment_label"))
  centers$scaled <- scaled
  list(scaler = scaler, centers = centers)
}
