# Cox regression for times in whole days (Cox 1972; ties: Efron 1977). With a few dozen distinct days
# everything the likelihood needs are sums by day, so a step costs n p^2 however many returns share a day;
# survival::coxph gives the same numbers (tested), but its score residuals cost the square of the ties. Gaps
# come in blocks of one day and outcome (survival_blocks.R), so that a step passes the rows once.

MAX_STEPS <- 30L
# Newton's decrement: half the squared distance to the optimum, in standard errors.
CONVERGED_BELOW <- 1e-10
# A log hazard ratio between the extremes of a covariate beyond any that data could separate from infinity.
LARGEST_CONTRAST <- 15

# Maximise the partial likelihood less sum(penalty / 2 * b^2) by Newton's method. Returns list(estimate,
# variance (inverse of the penalised information), value, converged). Where an effect runs off to infinity
# the last finite step stays, not converged. Raises NOT_ESTIMABLE if the data cannot separate the effects.
maximise_cox <- function(gaps, penalty = 0, start = numeric(n_effects(gaps))) {
  estimate <- start
  at <- likelihood_at(gaps, estimate, penalty)
  if (anyNA(at$variance)) {
    fitservice::stop_service("NOT_ESTIMABLE", "The gaps cannot separate the effects of the covariates.",
                             list(n_effects = length(estimate)))
  }
  for (step in seq_len(MAX_STEPS)) {
    move <- drop(at$variance %*% at$score)
    decrement <- sum(move * at$score) / 2
    ahead <- step_uphill(gaps, estimate, move, penalty, at$value)
    if (is.null(ahead)) break
    estimate <- ahead$estimate
    at <- ahead
    if (decrement < CONVERGED_BELOW) break
  }
  list(estimate = estimate, variance = at$variance, value = at$value, converged = decrement < CONVERGED_BELOW)
}

# The likelihood after the step, halved until it is no lower; NULL if there is none to be computed.
step_uphill <- function(gaps, estimate, move, penalty, value) {
  for (halving in 1:30) {
    ahead <- likelihood_at(gaps, estimate + move, penalty)
    if (isTRUE(ahead$value >= value - abs(value) * 1e-12)) {
      return(if (!anyNA(ahead$variance)) c(ahead, list(estimate = estimate + move)))
    }
    move <- move / 2
  }
}

# Penalised log likelihood, its gradient and the inverse of its negative second derivative (NA if it has
# none).
likelihood_at <- function(gaps, estimate, penalty) {
  parts <- lapply(periods_of(gaps), function(period) efron_part(gaps, period, estimate))
  total <- function(field) Reduce(`+`, lapply(parts, function(part) part[[field]]))
  information <- total("information") + diag(penalty, length(estimate))
  variance <- tryCatch(chol2inv(chol(information)), error = function(cause) information * NA_real_)
  list(value = total("loglik") - sum(penalty / 2 * estimate^2), score = total("score") - penalty * estimate,
       variance = variance)
}

efron_part <- function(gaps, period, estimate) {
  days <- efron_days(gaps, period, estimate)
  list(loglik = days$loglik, score = colSums(days$schoenfeld), information = information_of(days))
}

# Per return day, with d returns, R and a the sums of w = exp(x b) and w x over those at risk, T and b those
# of the returns, and f = 0, 1/d, .., (d-1)/d: h = sum 1/(R - f T), k = sum f/(R - f T), the sums of squares
# c0, c1, c2 with 1, f, f^2 above, and schoenfeld = sum of x of the returns less its expectation.
# spells, spread: the blocks at risk (spells_in()), and of each the sum of w x x'.
efron_days <- function(gaps, period, estimate) {
  spells <- spells_in(gaps, period)
  sums <- block_sums(gaps, period, spells, estimate)
  back <- spells$returned
  day <- sort(unique(spells$day[back]))
  of_day <- function(values, i) sums_by_day(values[i, , drop = FALSE], spells$day[i], gaps$last_day)
  at_risk <- from_day_on(of_day(sums$weights, TRUE))[day, , drop = FALSE]
  tied <- of_day(sums$weights, back)[day, , drop = FALSE]
  seen <- of_day(sums$seen, back)[day, , drop = FALSE]
  shares <- Map(efron_shares, at_risk[, 1L], tied[, 1L], seen[, 1L])
  shares <- do.call(rbind, c(list(matrix(0, 0L, 6L)), shares))
  colnames(shares) <- c("log", "h", "k", "c0", "c1", "c2")
  a <- at_risk[, -1L, drop = FALSE]
  b <- tied[, -1L, drop = FALSE]
  expected <- shares[, "h"] * a - shares[, "k"] * b
  list(day = day, n = seen[, 1L], a = a, b = b, shares = shares, expected = expected,
       loglik = sum(seen[, 2L]) - sum(shares[, "log"]),
       schoenfeld = seen[, -(1:2), drop = FALSE] - expected,
       spells = spells, spread = sums$spread, widen = function(m) of_effects(gaps, period, m, both = TRUE))
}

# Per block in `spells`: weights, sums of w and w x; seen, its rows and the sums of x b and x; spread, the sum
# of w x x'.
block_sums <- function(gaps, period, spells, estimate) {
  effects <- effects_in(gaps, period, estimate)
  sums <- lapply(gaps$blocks[spells$block], function(block) {
    w <- exp(drop(block$x %*% effects))
    x <- colSums(block$x)
    list(weights = c(sum(w), crossprod(block$x, w)), seen = c(nrow(block$x), sum(x * effects), x),
         spread = crossprod(block$x * sqrt(w)))
  })
  field <- function(name, first) {
    values <- do.call(rbind, lapply(sums, function(one) one[[name]]))
    cbind(values[, first, drop = FALSE], of_effects(gaps, period, values[, -first, drop = FALSE]))
  }
  list(weights = field("weights", 1L), seen = field("seen", 1:2),
       spread = lapply(sums, function(one) one$spread))
}

# Matrix of last_day rows.
sums_by_day <- function(values, days, last_day) {
  sums <- matrix(0, last_day, ncol(values))
  if (length(days)) {
    found <- rowsum(values, days)
    sums[as.integer(rownames(found)), ] <- found
  }
  sums
}

# Column sums from each row to the last.
from_day_on <- function(sums) {
  back <- rev(seq_len(nrow(sums)))
  summed_down(sums[back, , drop = FALSE])[back, , drop = FALSE]
}

summed_down <- function(m) matrix(apply(m, 2L, cumsum), nrow(m))

efron_shares <- function(at_risk, tied, n) {
  f <- (seq_len(n) - 1) / n
  left <- at_risk - f * tied
  c(sum(log(left)), sum(1 / left), sum(f / left), sum(1 / left^2), sum(f / left^2), sum(f^2 / left^2))
}

# Sum over return days of g(day) times the covariance of x among those at risk.
information_of <- function(days, g = 1) {
  s <- days$shares
  passed <- c(0, cumsum(g * s[, "h"]))
  shared <- c(0, g * s[, "k"])
  place <- findInterval(days$spells$day, days$day) + 1L
  spread <- Reduce(`+`, Map(`*`, days$spread, passed[place] - days$spells$returned * shared[place]))
  cross <- crossprod(days$a, g * s[, "c1"] * days$b)
  days$widen(spread) - crossprod(days$a, g * s[, "c0"] * days$a) + cross + t(cross) -
    crossprod(days$b, g * s[, "c2"] * days$b)
}

# Score residuals of the gaps of the i-th block of a period (days$spells), one row per gap. Over all blocks
# their sum is the gradient (Therneau and Grambsch 2000, section 4.2).
score_residuals <- function(gaps, period, estimate, days, i) {
  s <- days$shares
  block <- gaps$blocks[[days$spells$block[i]]]
  place <- findInterval(days$spells$day[i], days$day)
  each <- function(values) rep(values, each = nrow(block$x))
  passed <- colSums((s[, "c0"] * days$a - s[, "c1"] * days$b)[seq_len(place), , drop = FALSE])
  w <- exp(drop(block$x %*% effects_in(gaps, period, estimate)))
  x <- of_effects(gaps, period, block$x)
  residuals <- w * (each(passed) - x * sum(s[seq_len(place), "h"]))
  if (!days$spells$returned[i]) return(residuals)
  shared <- s[place, "c1"] * days$a[place, ] - s[place, "c2"] * days$b[place, ]
  residuals + x - each(days$expected[place, ] / days$n[place]) + w * (x * s[place, "k"] - each(shared))
}
