# Cox regression for times in whole days (Cox 1972; ties: Efron 1977). With a few dozen distinct days
# everything the likelihood needs are sums by day, so a step costs n p^2 however many returns share a day;
# survival::coxph gives the same numbers (tested), but its score residuals cost the square of the ties. Gaps
# come in blocks of rows (survival_blocks.R), so that memory holds them only once.

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
  list(loglik = days$loglik, score = colSums(days$schoenfeld),
       information = information_of(gaps, period, estimate, days))
}

# Per return day, with d returns, R and a the sums of w = exp(x b) and w x over those at risk, T and b those
# of the returns, and f = 0, 1/d, .., (d-1)/d: h = sum 1/(R - f T), k = sum f/(R - f T), the sums of squares
# c0, c1, c2 with 1, f, f^2 above, and schoenfeld = sum of x of the returns less its expectation.
efron_days <- function(gaps, period, estimate) {
  by_block <- lapply(gaps$blocks, function(block) {
    day_sums(spells_in(block, period, gaps$changing), estimate, gaps$last_day)
  })
  sums <- Reduce(function(one, other) Map(`+`, one, other), by_block)
  day <- which(sums$seen[, 1L] > 0)
  at_risk <- from_day_on(sums$all)[day, , drop = FALSE]
  tied <- sums$tied[day, , drop = FALSE]
  seen <- sums$seen[day, , drop = FALSE]
  shares <- do.call(rbind, Map(efron_shares, at_risk[, 1L], tied[, 1L], seen[, 1L]))
  colnames(shares) <- c("log", "h", "k", "c0", "c1", "c2")
  a <- at_risk[, -1L, drop = FALSE]
  b <- tied[, -1L, drop = FALSE]
  expected <- shares[, "h"] * a - shares[, "k"] * b
  list(day = day, n = seen[, 1L], a = a, b = b, shares = shares, expected = expected,
       loglik = sum(seen[, 2L]) - sum(shares[, "log"]),
       schoenfeld = seen[, -(1:2), drop = FALSE] - expected)
}

# Sums by day: of w and w x over all spells and over the returns; of 1, x b and x over the returns.
day_sums <- function(spells, estimate, last_day) {
  eta <- drop(spells$x %*% estimate)
  w <- exp(eta)
  weighted <- cbind(w, spells$x * w)
  back <- spells$returned
  seen <- cbind(1, eta[back], spells$x[back, , drop = FALSE])
  list(all = sums_by_day(weighted, spells$days, last_day),
       tied = sums_by_day(weighted[back, , drop = FALSE], spells$days[back], last_day),
       seen = sums_by_day(seen, spells$days[back], last_day))
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
information_of <- function(gaps, period, estimate, days, g = 1) {
  s <- days$shares
  passed <- c(0, cumsum(g * s[, "h"]))
  shared <- c(0, g * s[, "k"])
  spread <- Reduce(`+`, lapply(gaps$blocks, function(block) {
    spells <- spells_in(block, period, gaps$changing)
    place <- findInterval(spells$days, days$day) + 1L
    w <- exp(drop(spells$x %*% estimate))
    crossprod(spells$x * sqrt(w * (passed[place] - spells$returned * shared[place])))
  }))
  cross <- crossprod(days$a, g * s[, "c1"] * days$b)
  spread - crossprod(days$a, g * s[, "c0"] * days$a) + cross + t(cross) -
    crossprod(days$b, g * s[, "c2"] * days$b)
}

# Score residuals, one row per spell: their sum is the gradient (Therneau and Grambsch 2000, section 4.2).
score_residuals <- function(spells, estimate, days) {
  s <- days$shares
  w <- exp(drop(spells$x %*% estimate))
  place <- findInterval(spells$days, days$day) + 1L
  back <- spells$returned
  at <- match(spells$days[back], days$day)
  passed <- rbind(0, summed_down(s[, "c0"] * days$a - s[, "c1"] * days$b))
  residuals <- w * (passed[place, , drop = FALSE] - spells$x * c(0, cumsum(s[, "h"]))[place])
  shared <- s[, "c1"] * days$a - s[, "c2"] * days$b
  x <- spells$x[back, , drop = FALSE]
  residuals[back, ] <- residuals[back, , drop = FALSE] + x - (days$expected / days$n)[at, , drop = FALSE] +
    w[back] * (x * s[at, "k"] - shared[at, , drop = FALSE])
  residuals
}
