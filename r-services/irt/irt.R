# The irt fit as a plain function: tables and parameters in, lists and landing tables out.

#' Calibrate items and score learners.
#'
#' @param tables observations (one row per answer) and anchors (the current bank), see prototype.R.
#' @param parameters See irt_calibrate_parameters().
#' @param progress function(stage, done, total, ...).
#' @return list(result(fit_meta, item_params, abilities), tables (the landing tables), gates, notices).
#'   Raises NOT_ESTIMABLE with the numbers, INVALID_INPUT.
fit_irt <- function(tables, parameters, progress = function(...) NULL) {
  progress("counting")
  bank <- read_bank(tables$anchors)
  answers <- keyed_answers(tables, parameters, bank$item_id)
  window <- calibration_answers(answers)
  ids <- answers$items[window$items]
  refuse_one_sided(window, ids)
  run <- if (is.null(bank)) {
    founding_run(window, ids, parameters, progress)
  } else {
    linked_run(window, ids, bank, parameters, progress)
  }
  progress("scoring")
  drifted <- run$drift$item_id[run$drift$is_persistent]
  renewed <- renewed_bank(bank, run$estimates, drifted)
  renewed <- with_item_fit(renewed, window, ids, run$group)
  scores <- scored_abilities(answers, renewed, run$group)
  run$local_dependence <- local_dependence(window, ids, renewed, answers$users, scores$learner)
  version <- bank_version(renewed, bank, parameters$as_of)
  irt_answer(run, renewed, bank, version, scores, answers, window, parameters)
}

# Fit of the items of this window at the current parameters; the other items keep their earlier fit.
with_item_fit <- function(renewed, window, ids, group) {
  place <- match(ids, renewed$item_id)
  found <- sparseirt::item_fit(window$learner, window$item, window$right,
                               lapply(renewed[c("a", "b", "c")], `[`, place), mean = group[["mean"]],
                               sd = group[["sd"]], threads = THREADS)
  text <- function(x) fitservice::number_text(replace(x, !is.finite(x), NA_real_))
  renewed$item_fit[place] <- sprintf("{\"infit\":%s,\"outfit\":%s,\"rmsd\":%s,\"n\":%d}", text(found$infit),
                                     text(found$outfit), text(found$rmsd), found$n)
  renewed
}

# The pairs of items with the most correlated residuals, by adjusted Q3 (Yen 1984), at the current parameters.
local_dependence <- function(window, ids, renewed, users, scored) {
  theta <- scored$theta_eap[match(users[window$learners], scored$user_id)]
  found <- sparseirt::adjusted_q3(window$learner, window$item, window$right,
                                  lapply(renewed[c("a", "b", "c")], `[`, match(ids, renewed$item_id)), theta,
                                  threads = THREADS)
  pairs <- as.data.frame(found$pairs)
  pairs$item_1 <- ids[pairs$item_1]
  pairs$item_2 <- ids[pairs$item_2]
  list(mean_q3 = if (found$n_pairs > 0) found$mean_q3 else NA_real_, n_pairs = found$n_pairs,
       worst_pairs = pairs)
}
