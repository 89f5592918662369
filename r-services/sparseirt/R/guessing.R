# Guessing: what a lower asymptote would add to an item's curve.

GUESSING_GRID <- seq(0.05, 0.4, by = 0.05)
NEWTON_STEPS <- 4L  # per value of c, from the curve of the value before
STEEPEST <- 6

# The expected answers at the nodes of theta fitted by 2PL and by 3PL curves, item by item. The gain of the
# sum of log densities is at most that of the log-likelihood (the inequality behind EM), so an item is never
# called guessable for less than AIC asks. `expected`: node, and right and wrong with items in columns; `a`,
# `d`: where to start. Returns c (the best of a grid; 0 where no gain) and gain, of the log-likelihood times
# 2.
guessing_gain <- function(expected, a, d) {
  curve <- list(a = a, d = d)
  best <- list(c = 0 * a, loglik = NULL)
  for (c in c(0, GUESSING_GRID)) {
    curve <- fitted_curve(expected, curve, c)
    if (c == 0) {
      without <- best$loglik <- curve$loglik
    } else {
      better <- which(curve$loglik > best$loglik)
      best$c[better] <- c
      best$loglik[better] <- curve$loglik[better]
    }
  }
  list(c = best$c, gain = 2 * (best$loglik - without))
}

# Fisher scoring for a and d of all items at once, c given.
fitted_curve <- function(expected, curve, c) {
  x <- expected$node
  total <- expected$right + expected$wrong
  for (step in seq_len(NEWTON_STEPS)) {
    p <- curve_at(x, curve, c)
    slope <- (p - c) * (1 - p) / (1 - c)
    score <- (expected$right / p - expected$wrong / (1 - p)) * slope
    information <- total * slope^2 / (p * (1 - p))
    by_a <- colSums(score * x)
    by_d <- colSums(score)
    aa <- colSums(information * x^2)
    ad <- colSums(information * x)
    dd <- colSums(information)
    determinant <- pmax(aa * dd - ad^2, 1e-12)
    within <- function(change, largest) pmin(pmax(change, -largest), largest)
    curve$a <- pmin(pmax(curve$a + within((dd * by_a - ad * by_d) / determinant, 0.5), 0.05), STEEPEST)
    curve$d <- curve$d + within((aa * by_d - ad * by_a) / determinant, 1)
  }
  p <- curve_at(x, curve, c)
  curve$loglik <- colSums(expected$right * log(p) + expected$wrong * log1p(-p))
  curve
}

curve_at <- function(node, curve, c) {
  p <- c + (1 - c) * stats::plogis(outer(node, curve$a) + rep(curve$d, each = length(node)))
  pmin(pmax(p, 1e-10), 1 - 1e-10)
}
