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
  copies <- repeated_items(window, ids, bank$item_id)
  window <- without_items(window, ids, copies$item_id)
  ids <- answers$items[window$items]
  run <- if (is.null(bank)) {
    founding_run(window, ids, parameters, progress)
  } else {
    linked_run(window, ids, bank, parameters, progress)
  }
  progress("scoring")
  drifted <- run$drift$item_id[run$drift$is_persistent]
  renewed <- renewed_bank(bank, run$estimates, drifted)
  scores <- scored_abilities(answers, renewed, run$group)
  scores$change <- ability_changes(answers, renewed, run$group, parameters$as_of)
  run$copies <- copies
  run$local_dependence <- local_dependence(window, ids, renewed, answers$users, scores$learner, copies)
  renewed <- with_item_fit(renewed, window, ids, run$group, run$local_dependence, answers$users,
                           scores$learner)
  version <- bank_version(renewed, bank, parameters$as_of)
  irt_answer(run, renewed, bank, version, scores, answers, window, parameters)
}
