# Abilities of learners, or of any other grouping of answers.

WLE_RANGE <- 8  # as ABILITY_RANGE in src/abilities.h

#' EAP and WLE of theta for each group of answers.
#'
#' EAP: posterior mean and sd under normal(mean, sd); on 64 nodes over [-8, 8], or where the posterior is
#' narrower than the nodes' spacing / 1.2, on 25 nodes of the group's own, half a posterior sd apart. WLE:
#' Warm's (1989) weighted likelihood estimate, looked for within [-8, 8], with 1 / sqrt(information) there as
#' its standard error. Both are finite for all-right and all-wrong answers; a WLE beyond the range is put at
#' its end.
#'
#' @param learner,item,right As for `calibrate()`, but an item may occur more than once.
#' @param items list or data.frame of a, b and c (optional, default 0) by item number. NA for items without
#'   answers.
#' @param group NULL (by learner); integers from 1, one per answer; or a named list of such vectors, each a
#'   grouping, which share the tables of the items.
#' @param mean,sd Of theta a priori, for EAP.
#' @return data.table of group, n, theta_eap, se_eap, theta_wle, se_wle, one row per group that has answers,
#'   by group; for a list of groupings a list of such tables.
score <- function(learner, item, right, items, group = NULL, mean = 0, sd = 1, threads = 2L) {
  threads <- check_count(threads, "threads")
  check_number(mean, "mean")
  check_number(sd, "sd", lowest = 0)
  groupings <- if (is.list(group)) group else list(group = if (is.null(group)) learner else group)
  if (is.null(names(groupings)) || !all(nzchar(names(groupings)))) invalid("Each grouping needs a name.")
  state <- item_state(items)
  usable <- is.finite(state$a) & is.finite(state$d) & is.finite(state$c)
  tables <- .Call(C_ability_tables_of, filled(state, usable, mean, sd), threads)
  scored <- Map(function(keys, name) score_grouping(tables, keys, item, right, usable, threads, name),
                groupings, names(groupings))
  if (is.list(group)) scored else scored[[1L]]
}

item_state <- function(items) {
  if (is.null(items$c)) items$c <- rep(0, length(items$a))
  if (length(items$a) == 0L || length(items$a) != length(items$b) || length(items$a) != length(items$c)) {
    invalid("items must hold a and b (and c) of one length, by item number.")
  }
  wrong <- which(items$a <= 0 | items$c < 0 | items$c >= 1)
  if (length(wrong)) invalid(sprintf("items has a <= 0, or c outside [0, 1): item %s.", some_of(wrong)))
  list(a = as.double(items$a), d = -as.double(items$a) * as.double(items$b), c = as.double(items$c))
}

# Items without parameters get harmless ones; that nobody answered them is checked later.
filled <- function(state, usable, mean, sd) {
  state$a[!usable] <- 1
  state$d[!usable] <- 0
  state$c[!usable] <- 0
  c(state, mean = mean, sd = sd)
}

score_grouping <- function(tables, keys, item, right, usable, threads, name) {
  keys <- as_key(keys, name)
  n_keys <- if (length(keys)) suppressWarnings(max(keys, 1L, na.rm = TRUE)) else 1L
  answers <- build_answers(keys, item, right, n_keys, length(usable), threads, name = name)
  check_usable(answers, usable)
  values <- setDT(.Call(C_abilities_of, tables, answers$answers, threads))
  set(values, j = "group", value = seq_len(n_keys))
  setcolorder(values, "group")
  if (answers$n_active < n_keys) values <- values[values$n > 0L]
  values[]
}

check_usable <- function(answers, usable) {
  unknown <- which(answers$n > 0 & !usable)
  if (length(unknown)) {
    invalid(sprintf("items has no parameters for item %s, which has answers.", some_of(unknown)))
  }
}
