# How well each item's curve describes the answers to it.

#' Infit, outfit and RMSD of each item.
#'
#' All three compare the answers expected at each node of theta with the curve, so uncertainty about theta is
#' averaged over, not ignored (Adams and Wu 2007). Infit and outfit are mean squares, 1 where the model holds:
#' outfit is the mean of squared standardised residuals, infit weights them by information. RMSD is the root
#' mean square difference between the pseudo-observed and the model's curve, weighted by where the item's
#' learners are. For items without a lower asymptote, `c_gain` is what one would add to the log-likelihood,
#' times 2, at least (`guessing.R`), and `c_likely` the asymptote: above 2 the 3PL has the better AIC.
#'
#' @param learner,item,right As for `calibrate()`.
#' @param items list or data.frame of a, b and c by item number.
#' @param mean,sd Of theta in the group.
#' @return data.table of item, n, infit, outfit, rmsd, c_likely, c_gain; NA for items without answers, and
#'   c_likely and c_gain also where c is above 0.
item_fit <- function(learner, item, right, items, mean = 0, sd = 1, threads = 2L) {
  threads <- check_count(threads, "threads")
  state <- item_state(items)
  usable <- is.finite(state$a) & is.finite(state$d) & is.finite(state$c)
  learner <- as_key(learner, "learner")
  answers <- build_answers(learner, item, right, max(learner, 1L), length(usable), threads)
  check_usable(answers, usable)
  state <- filled(state, usable, mean, sd)
  expected <- .Call(C_expected_answers_of, answers$answers, state, answers$n_nodes, threads)
  p <- item_curves(expected$node, state$a, -state$d / state$a, state$c)
  p <- pmin(pmax(p, 1e-10), 1 - 1e-10)
  n <- expected$wrong + expected$right
  total <- ifelse(answers$n > 0, colSums(n), NA)
  squares <- expected$right * (1 - p)^2 + expected$wrong * p^2
  observed <- ifelse(n > 1e-8, expected$right / n, p)
  found <- data.table(
    item = seq_along(usable), n = as.integer(answers$n), infit = colSums(squares) / colSums(n * p * (1 - p)),
    outfit = colSums(squares / (p * (1 - p))) / total, rmsd = sqrt(colSums(n * (observed - p)^2) / total),
    c_likely = NA_real_, c_gain = NA_real_
  )
  no_guessing <- which(answers$n > 0 & usable & state$c == 0)
  if (length(no_guessing)) {
    of <- function(x) x[, no_guessing, drop = FALSE]
    set(found, no_guessing, c("c_likely", "c_gain"), unname(guessing_gain(
      list(node = expected$node, right = of(expected$right), wrong = of(expected$wrong)),
      state$a[no_guessing], state$d[no_guessing]
    )))
  }
  found[]
}
