# Local dependence: residuals of two items that go together beyond what theta explains.

Q3_MOST_ITEMS <- 5000L
Q3_MOST_VISITS <- 2e7

#' Adjusted Q3 of the worst pairs of items.
#'
#' Q3 is the correlation of two items' residuals over the learners who answered both (Yen 1984); adjusted, the
#' mean over the pairs is taken off, since the residuals of a test are negatively correlated even if the model
#' holds (Christensen, Makransky and Horton 2017). Only pairs with `min_common` common learners count. Where
#' learners' pairs of answers exceed 20 million, every k-th learner is used; of more than 5,000 items, those
#' with the most answers.
#'
#' @param learner,item,right As for `calibrate()`.
#' @param items list or data.frame of a, b and c by item number.
#' @param theta Ability by learner number (EAP or WLE); learners without one are left out.
#' @param worst Number of pairs to return.
#' @param min_common Fewest common learners of a pair.
#' @return list: `pairs`, a data.table of item_1, item_2, n, q3, adjusted, by descending absolute adjusted Q3;
#'   `partners`, one of item, partner, n, adjusted, p: for each item in a pair, the one with the highest
#'   adjusted Q3, and the probability of as much in any pair if none depends (normal, Bonferroni); `mean_q3`
#'   and `n_pairs` over all pairs that count; `n_learners` used, `learner_stride`, `n_items` used.
adjusted_q3 <- function(learner, item, right, items, theta, worst = 20L, min_common = 50L, threads = 2L) {
  threads <- check_count(threads, "threads")
  worst <- check_count(worst, "worst")
  min_common <- check_count(min_common, "min_common", lowest = 3L)
  state <- item_state(items)
  usable <- is.finite(state$a) & is.finite(state$d) & is.finite(state$c)
  learner <- as_key(learner, "learner")
  keep <- is.finite(theta[learner])
  learner <- learner[keep]
  item <- as_key(item, "item")[keep]
  answers <- build_answers(learner, item, right[keep], length(theta), length(usable), threads)
  check_usable(answers, usable)
  per_learner <- as.double(tabulate(learner, length(theta)))
  stride <- max(1, ceiling(sum(per_learner * (per_learner - 1) / 2) / Q3_MOST_VISITS))
  chosen <- rank_by_answers(answers$n)
  found <- if (any(keep)) {
    setDT(.Call(C_residual_correlations_of, answers$answers, filled(state, usable, 0, 1), as.double(theta),
                chosen, stride, min_common))
  }
  list(
    pairs = worst_pairs(found, chosen, worst), partners = partners(found, chosen),
    mean_q3 = mean(as.double(found$q3), na.rm = TRUE),
    n_pairs = NROW(found),
    n_learners = sum(per_learner[seq(1, length(theta), stride)] > 1), learner_stride = stride,
    n_items = sum(chosen >= 0L)
  )
}

# Place from 0 of each item that is used, -1 for the others.
rank_by_answers <- function(n) {
  most <- utils::head(order(-n), Q3_MOST_ITEMS)
  place <- rep(-1L, length(n))
  place[sort(most)] <- seq_along(most) - 1L
  place
}

worst_pairs <- function(found, chosen, worst) {
  if (NROW(found) == 0L) {
    found <- data.table(first = integer(), second = integer(), n = integer(), q3 = double())
  }
  by_place <- which(chosen >= 0L)
  adjusted <- found$q3 - mean(found$q3, na.rm = TRUE)
  top <- utils::head(order(-abs(adjusted), na.last = NA), worst)
  data.table(item_1 = by_place[found$first[top] + 1L], item_2 = by_place[found$second[top] + 1L],
             n = as.integer(found$n[top]), q3 = found$q3[top], adjusted = adjusted[top])
}

# For each item that is in a pair, the other item with the highest adjusted Q3.
partners <- function(found, chosen) {
  if (NROW(found) == 0L) {
    return(data.table(item = integer(), partner = integer(), n = integer(), adjusted = double(),
                      p = double()))
  }
  adjusted <- found$q3 - mean(found$q3, na.rm = TRUE)
  at <- order(-adjusted, na.last = NA)
  both <- data.table(item = c(found$first[at], found$second[at]),
                     partner = c(found$second[at], found$first[at]), pair = c(at, at))
  setorderv(both[, "adjusted" := adjusted[pair]], c("item", "adjusted"), c(1L, -1L))
  both <- both[!duplicated(both$item)]
  by_place <- which(chosen >= 0L)
  z <- atanh(pmin(pmax(both$adjusted, -1 + 1e-9), 1 - 1e-9)) * sqrt(found$n[both$pair] - 3)
  data.table(item = by_place[both$item + 1L], partner = by_place[both$partner + 1L],
             n = as.integer(found$n[both$pair]), adjusted = both$adjusted,
             p = pmin(1, stats::pnorm(z, lower.tail = FALSE) * nrow(found)))
}
