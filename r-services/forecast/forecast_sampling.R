# The noise that sampling alone gives: a count varies at least as Poisson's, a share of n answers as a
# binomial one. It is the floor of the score, and of the interval of a series that never moved.

# The distribution of a value whose forecast is `level` on the scale, in whole numbers (right answers of n):
# list(p(k, lower), d(k), both as logarithms, q(share)). NULL of other metrics than counts and shares.
sampling_law <- function(kind, level, n) {
  n <- round(known_n(n))
  rate <- exp(level)
  chance <- stats::plogis(level)
  switch(
    kind,
    count = list(p = function(k, lower) stats::ppois(k, rate, lower, log.p = TRUE),
                 d = function(k) stats::dpois(k, rate, log = TRUE), q = function(p) stats::qpois(p, rate)),
    share = list(p = function(k, lower) stats::pbinom(k, n, chance, lower, log.p = TRUE),
                 d = function(k) stats::dbinom(k, n, chance, log = TRUE),
                 q = function(p) stats::qbinom(p, n, chance))
  )
}

# The whole numbers that `value` stands for, and back.
to_count <- function(kind, value, n) round(if (kind == "share") value * round(known_n(n)) else value)
from_count <- function(kind, k, n) if (kind == "share") k / round(known_n(n)) else k

#' The score of a value if nothing but sampling made it differ from its forecast.
#'
#' @param level The forecast on the scale; half a count is in it, so that a level of 0 is not impossible to
#'   leave. @param value,n What came, and what it rests on.
#' @return The normal deviate that is exceeded as seldom as the value (mid-p: Lancaster 1961, JASA 56); NULL
#'   of metrics that are neither counts nor shares.
sampling_score <- function(kind, level, value, n) {
  law <- sampling_law(kind, level, n)
  if (is.null(law)) return(NULL)
  k <- to_count(kind, value, n)
  tail_log <- function(beyond) { # P(beyond k) + P(k) / 2
    half <- law$d(k) - log(2)
    top <- max(beyond, half)
    min(top + log(exp(beyond - top) + exp(half - top)), -log(2))
  }
  above <- tail_log(law$p(k, FALSE))
  below <- tail_log(law$p(k - 1, TRUE))
  sign(below - above) * stats::qnorm(min(above, below), lower.tail = FALSE, log.p = TRUE)
}

# The half-width on the scale that holds what sampling alone gives with probability `share`; 0 of metrics that
# are neither counts nor shares.
sampling_width <- function(kind, level, n, share) {
  law <- sampling_law(kind, level, n)
  if (is.null(law)) return(0)
  ends <- from_count(kind, law$q((1 + c(-1, 1) * share) / 2), n)
  max(abs(to_scale(kind, ends, n) - level))
}

# The share of a normal distribution within one standard deviation.
ONE_SIGMA <- 2 * stats::pnorm(1) - 1

# The possible values of a metric within bounds: whole counts, and shares of n answers. Where there is none or
# n is unknown, and of other metrics, the bounds as they are. Values are stored with RESOLUTION, and so are
# bounds, outwards: a value on a bound is within.
possible_bounds <- function(kind, lower, upper, n) {
  if (kind == "real") return(list(lower = lower, upper = upper))
  unit <- switch(kind, count = 1, share = 1 / n, NA)
  slack <- pmin(RESOLUTION / unit, 0.25)
  inner <- list(lower = ceiling(lower / unit - slack) * unit, upper = floor(upper / unit + slack) * unit)
  some <- (inner$lower <= inner$upper) %in% TRUE
  outwards <- function(x, rounded) rounded(x / RESOLUTION) * RESOLUTION
  list(lower = outwards(ifelse(some, inner$lower, lower) + VANISHING, floor),
       upper = outwards(ifelse(some, inner$upper, upper) - VANISHING, ceiling))
}
