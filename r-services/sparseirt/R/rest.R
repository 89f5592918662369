# Does an item go with the rest? A key that is wrong turns the answers round.

#' Correlation of each item's answers with the ability that the learner's other answers show.
#'
#' The item's own answer is taken out of the EAP by one step: theta - se^2 a (x - P). The slope of a 2PL is
#' positive by definition, so an item whose right answers fall with ability shows as a small slope; here it
#' shows as a negative correlation.
#'
#' @param learner,item,right As for `calibrate()`.
#' @param items list or data.frame of a, b and c by item number.
#' @param theta,se EAP and its standard deviation by learner number; learners without are left out.
#' @return data.table of item, n, r, and p: one-sided, of a correlation that is not negative (Fisher's z), for
#'   all items together (Bonferroni).
rest_correlation <- function(learner, item, right, items, theta, se) {
  state <- item_state(items)
  keep <- is.finite(theta[learner]) & is.finite(se[learner])
  learner <- learner[keep]
  item <- item[keep]
  right <- as.double(right[keep])
  a <- state$a[item]
  p <- state$c[item] + (1 - state$c[item]) * stats::plogis(a * theta[learner] + state$d[item])
  rest <- theta[learner] - se[learner]^2 * a * (right - p)
  keys <- data.table(item = item, x = right, y = rest)
  sums <- keys[, list(n = .N, x = sum(x), y = sum(y), yy = sum(y^2), xy = sum(x * y)), keyby = "item"]
  r <- with(sums, (xy - x * y / n) / sqrt((x - x^2 / n) * (yy - y^2 / n)))
  z <- atanh(r) * sqrt(pmax(sums$n - 3, 0))
  found <- data.table(item = seq_along(state$a), n = 0L, r = NA_real_, p = NA_real_)
  set(found, sums$item, c("n", "r", "p"), list(sums$n, r, pmin(1, stats::pnorm(z) * nrow(sums))))
  found[]
}
