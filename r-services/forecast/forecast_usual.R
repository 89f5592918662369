# How large the errors of a metric's series usually are: eight weeks of one series cannot show it, those of
# seventeen other series can.

# Spreads of log standard deviations between the series of a metric that are thought possible, equally likely
# by length, from none to a factor of seven (a flat prior of the spread: Gelman 2006, Bayesian Analysis 1(3)).
SPREADS <- c(0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.5, 2)
SPREAD_LENGTHS <- (diff(c(0, SPREADS)) + diff(c(SPREADS, 2))) / 2
# With two series nothing is known of a spread between them.
MIN_ALIKE <- 3L

#' What a series' errors usually are like among those of its metric.
#'
#' Log standard deviations of the series are normal about a mean, both unknown; each is seen through the
#' logarithm of a robust scale, whose bias and variance at its number of errors are known.
#'
#' @param pasts For each series its past errors, each by the noise that its week's size lets expect; NA where
#'   missing.
#' @return data.frame(weight, centre, spread): the distribution of a series' log standard deviation as a
#'   mixture of normal ones, one for each of SPREADS; NULL where fewer than MIN_ALIKE series are informative.
usual_scale <- function(pasts) {
  pasts <- Filter(gives_scale, lapply(pasts, function(past) past[!is.na(past)]))
  if (length(pasts) < MIN_ALIKE) return(NULL)
  normal <- lapply(lengths(pasts), scale_of_normal)
  seen <- log(vapply(pasts, robust_scale, 1)) - vapply(normal, `[[`, 1, "log_mean")
  variance <- vapply(normal, `[[`, 1, "log_variance")
  by_spread <- vapply(SPREADS, given_spread, double(3L), seen = seen, variance = variance)
  weight <- exp(by_spread[1L, ] - max(by_spread[1L, ])) * SPREAD_LENGTHS
  data.frame(weight = weight / sum(weight), centre = by_spread[2L, ], spread = by_spread[3L, ])
}

# c(log likelihood, centre, spread). The mean is integrated out under a flat prior; its uncertainty widens
# what is expected of a series.
given_spread <- function(between, seen, variance) {
  precision <- 1 / (variance + between^2)
  centre <- sum(precision * seen) / sum(precision)
  c((sum(log(precision)) - log(sum(precision)) - sum(precision * (seen - centre)^2)) / 2,
    centre, sqrt(between^2 + 1 / sum(precision)))
}

# Log density of the mixture at each of x, but for a constant.
log_density <- function(usual, x) {
  parts <- Map(function(weight, centre, spread) log(weight) + stats::dnorm(x, centre, spread, log = TRUE),
               usual$weight, usual$centre, usual$spread)
  top <- do.call(pmax, parts)
  top + log(Reduce(`+`, lapply(parts, function(part) exp(part - top))))
}
