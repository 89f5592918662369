# The two endpoints as plain functions: tables and parameters in, lists and landing tables out.

LEAST_LEARNERS <- 50L

#' Find the segments of learners, or that there are none.
#'
#' @param tables One of features, rows, data, data_rows (one row per learner), and previous, see prototype.R.
#' @param parameters See segments_fit_parameters(); k NULL: chosen from 1 to 8.
#' @param progress function(stage, done, total).
#' @return list(result, tables(segment_assignments, segment_meta), gates, notices). Raises NOT_ESTIMABLE.
fit_segments <- function(tables, parameters, progress = function(...) NULL) {
  rows <- ordered_learners(sent_features(tables))
  check_enough_learners(rows)
  fitted <- fit_scaler(rows)
  x <- scaled_values(fitted$scaler, rows)
  deciding <- x[fitted$decides, , drop = FALSE]
  check_estimable(deciding, parameters$k, fitted$dropped)
  with_seed(parameters$seed, {
    chosen <- choose_segments(deciding, rows$user_id[fitted$decides], parameters, progress)
    found <- final_kmeans(deciding, chosen, progress)
  })
  cluster <- nearest(x, found$centers)$cluster
  identity <- identify_segments(rows$user_id, cluster, chosen$k, earlier_segments(tables),
                                parameters$next_segment_id)
  centers <- describe_centers(found$centers, cluster, identity$segment_id, fitted$scaler)
  assigned <- assign_segments(fitted$scaler, centers, rows)
  meta <- segment_meta(fitted, centers, found, chosen, identity, assigned, rows, parameters)
  list(
    result = list(segments = assigned[setdiff(names(assigned), "features_snapshot")], segment_meta = meta,
                  centers = meta$centers),
    tables = list(segment_assignments = assigned, segment_meta = meta_row(meta)),
    gates = segment_gates(meta, assigned),
    notices = segment_notices(fitted, chosen, identity, rows, parameters)
  )
}

# The order of the request's rows and columns changes no digit.
ordered_learners <- function(rows) {
  rows <- rows[c("user_id", feature_names(rows))]
  rows[order(rows$user_id, method = "radix"), , drop = FALSE]
}

sent_features <- function(tables) tables[[intersect(FEATURE_TABLES, names(tables))]]

earlier_segments <- function(tables) {
  if (is.null(tables$previous)) return(data.frame(user_id = character(), segment_id = integer()))
  tables$previous
}

# Starts from the centres of the sample and uses all rows that decide; each centre keeps its stability on
# the sample.
final_kmeans <- function(x, chosen, progress) {
  progress("clustering all who decide")
  if (chosen$k == 1L) return(c(single_cluster(x), jaccards = 1))
  found <- best_kmeans(x, chosen$k, 1L, chosen$centers)
  c(found, list(jaccards = chosen$jaccards[found$order]))
}

# Problems across tables and columns, for the answer 400.
check_segments_tables <- function(tables, parameters) {
  problems <- check_one_table(tables, parameters)
  if (!is.null(parameters$previous_run_id) && is.null(tables$previous)) {
    problems <- fitservice::add_problem(problems, "previous", NA_character_, NA_integer_,
                                        "the table is missing, but previous_run_id names a run")
  }
  problems
}

check_one_table <- function(tables, parameters) {
  sent <- intersect(FEATURE_TABLES, names(tables))
  if (length(sent) == 1L) {
    if (length(feature_names(tables[[sent]]))) return(NULL)
    return(fitservice::problem_rows(sent, NA_character_, NA_integer_, "there is no feature column"))
  }
  fitservice::problem_rows("features", NA_character_, NA_integer_, sprintf(
    "send the learners once, as one of %s; %d came", paste(FEATURE_TABLES, collapse = ", "), length(sent)
  ))
}

check_enough_learners <- function(rows) {
  if (nrow(rows) >= LEAST_LEARNERS) return(invisible(NULL))
  fitservice::stop_service(
    "NOT_ESTIMABLE", sprintf("There are %d learners; segments need %d.", nrow(rows), LEAST_LEARNERS),
    list(n_learners = nrow(rows), learners_needed = LEAST_LEARNERS)
  )
}

check_estimable <- function(x, k, dropped) {
  needed <- max(2L, k)
  distinct <- sum(!duplicated(x))
  if (ncol(x) && distinct > needed) return(invisible(NULL))
  fitservice::stop_service(
    "NOT_ESTIMABLE", sprintf("The learners do not differ enough: %d usable features, %d distinct learners.",
                             ncol(x), if (ncol(x)) distinct else 1L),
    list(n_features = ncol(x), n_distinct = if (ncol(x)) distinct else 1L, more_than = needed,
         left_out = dropped)
  )
}
