# From the request to answers under dense integer keys, in an order that the request's rows do not change.

# list(users, items, topics, weeks: the names behind the keys; learner, item, topic, week: keys per answer
# (topic and week NULL when absent); right; is_calibrated, is_scored). `known_items` get a key too.
keyed_answers <- function(tables, parameters, known_items = character()) {
  rows <- tables$observations
  if (is.null(rows)) rows <- rows_of_matrix(parameters)
  if (!is.null(rows$weight)) rows <- rows[rows$weight > 0, ]
  if (nrow(rows) == 0L) {
    fitservice::stop_service("NOT_ESTIMABLE", "There are no answers.", list(n_answers = 0L))
  }
  users <- sorted_names(rows$user_id)
  items <- sorted_names(c(rows$item_id, known_items))
  learner <- data.table::chmatch(rows$user_id, users)
  item <- data.table::chmatch(rows$item_id, items)
  rows <- in_order(rows, order(learner, item, method = "radix"), learner, item)
  c(list(users = users, items = items), rows, keys_of(rows))
}

sorted_names <- function(x) sort(unique(x), method = "radix")

in_order <- function(rows, order, learner, item) {
  flag <- function(x) if (is.null(x)) rep(TRUE, length(order)) else x[order]
  list(learner = learner[order], item = item[order], right = as.integer(rows$is_correct)[order],
       is_calibrated = flag(rows$is_calibrated), is_scored = flag(rows$is_scored),
       topic_id = rows$topic_id[order], week_start = rows$week_start[order])
}

# Topics and weeks that no row names stay NULL.
keys_of <- function(rows) {
  topics <- if (!is.null(rows$topic_id)) sorted_names(rows$topic_id[!is.na(rows$topic_id)])
  weeks <- if (!is.null(rows$week_start)) sort(unique(rows$week_start))
  list(topics = topics, topic = if (length(topics)) data.table::chmatch(rows$topic_id, topics),
       weeks = weeks, week = if (length(weeks)) match(rows$week_start, weeks))
}

# Rows of a 0/1/null matrix: one array per learner, all of one length.
rows_of_matrix <- function(parameters) {
  n_items <- length(parameters$responses[[1L]])
  entry <- function(x) if (is.null(x)) NA else x
  value <- unlist(lapply(parameters$responses, lapply, entry))
  named <- function(given, n) if (is.null(given)) as.character(seq_len(n)) else as.character(unlist(given))
  n_learners <- length(parameters$responses)
  rows <- data.frame(
    user_id = rep(named(parameters$user_ids, n_learners), each = n_items),
    item_id = rep(named(parameters$item_ids, n_items), n_learners), is_correct = as.logical(value)
  )
  rows[!is.na(rows$is_correct), ]
}

# The answers that serve calibration, with keys from 1 without gaps; `learners` and `items` are their keys in
# `answers`.
calibration_answers <- function(answers) {
  chosen <- which(answers$is_calibrated)
  if (length(chosen) == 0L) {
    fitservice::stop_service("NOT_ESTIMABLE", "None of the answers is to be calibrated from.",
                             list(n_answers = length(answers$right), n_calibrated = 0L))
  }
  refuse_repeated(answers, chosen)
  learners <- sort(unique(answers$learner[chosen]))
  items <- sort(unique(answers$item[chosen]))
  list(learner = match(answers$learner[chosen], learners), item = match(answers$item[chosen], items),
       right = answers$right[chosen], n_learners = length(learners), learners = learners, items = items)
}

# The model knows one answer of a learner to an item. Answers are in order of both.
refuse_repeated <- function(answers, chosen) {
  n <- length(chosen)
  same <- function(key) key[chosen[-1L]] == key[chosen[-n]]
  again <- chosen[-1L][same(answers$learner) & same(answers$item)]
  if (length(again) == 0L) return(invisible())
  first <- c(user_id = answers$users[answers$learner[again[1L]]],
             item_id = answers$items[answers$item[again[1L]]])
  fitservice::stop_service(
    "INVALID_INPUT",
    sprintf("%d answers repeat an earlier one of the same learner and item, the first: learner %s, item %s.",
            length(again), first[[1L]], first[[2L]]),
    list(n_repeated = length(again), first = first)
  )
}

# Problems across columns, for the answer 400.
check_irt_tables <- function(tables, parameters) {
  problems <- rbind(check_matrix(parameters, is.null(tables$observations)), check_priors(parameters$priors))
  weight <- tables$observations$weight
  problems <- fitservice::add_problem(problems, "observations", "weight", which(!weight %in% c(0, 1)),
                                      "only 0 (left out) and 1; the README says why no other")
  for (name in intersect(c("anchors", "item_params"), names(tables))) {
    problems <- rbind(problems, check_items(tables[[name]], name))
  }
  problems
}

check_matrix <- function(parameters, is_needed) {
  say <- function(column, reason) fitservice::problem_rows("params", column, NA_integer_, reason)
  matrix <- parameters$responses
  if (is.null(matrix)) {
    if (is_needed) return(say("responses", "send the table observations, or responses as a matrix"))
    return(NULL)
  }
  if (!is_needed) return(say("responses", "send observations or responses, not both"))
  widths <- lengths(matrix)
  if (length(matrix) == 0L || !all(vapply(matrix, is.list, NA)) || any(widths != widths[1L])) {
    return(say("responses", "must be an array of learners, each an array with one entry per item"))
  }
  allowed <- vapply(unlist(matrix, recursive = FALSE), function(x) is.null(x) || x %in% c(0, 1), NA)
  rbind(
    if (!all(allowed)) say("responses", "an entry is 0, 1 or null"),
    check_names(parameters$user_ids, length(matrix), "user_ids"),
    check_names(parameters$item_ids, widths[1L], "item_ids")
  )
}

check_names <- function(given, n, column) {
  if (is.null(given)) return(NULL)
  fine <- length(given) == n && all(vapply(given, is.character, NA)) && !anyDuplicated(given)
  if (!fine) {
    fitservice::problem_rows("params", column, NA_integer_, sprintf("must be %d different texts", n))
  }
}
