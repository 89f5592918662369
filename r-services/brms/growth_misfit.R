# Is each learner's growth a line with independent noise? Two score tests of what the model leaves out:
# noise that carries over from week to week, and a bend that learners share. Both are notices, because the
# answer is still the best line; docs/growth-when-the-model-is-wrong.md has what either does to P.

MISFIT_LEVEL <- 0.01 # of each test

# list(autocorrelation, autocorrelation_z, bend, bend_z, n_learners): the correlation of noise in adjacent
# weeks, and the coefficient of week^2 in the score, each to first order, with a statistic that is N(0, 1)
# under the model. NA where no learner has three weeks. `noise_variance`: of each score, up to a common
# factor.
line_misfit <- function(learner, x, score, noise_variance) {
  long <- learner %in% which(tabulate(learner) >= 3L)
  unknown <- NA_real_
  if (!any(long)) {
    return(list(autocorrelation = unknown, autocorrelation_z = unknown, bend = unknown, bend_z = unknown,
                n_learners = 0L))
  }
  rows <- scaled_lines(learner[long], x[long], sqrt(noise_variance[long]))
  left <- off_lines(rows, score[long] * rows$weight)
  bend <- off_lines(rows, x[long]^2 * rows$weight)
  bent <- common_bend(rows, left, bend)
  c(carried_over(rows, left - bent$bend * bend), bent, list(n_learners = rows$n))
}

# Every score over its standard deviation, and two orthonormal columns that span its learner's lines.
scaled_lines <- function(learner, x, sd) {
  learner <- match(learner, unique(learner))
  total <- function(v) rowsum(v, learner, reorder = FALSE)[, 1L]
  weight <- 1 / sd
  mass <- total(weight^2)
  sloped <- (x - (total(x * weight^2) / mass)[learner]) * weight
  list(learner = learner, n = length(mass), total = total, weight = weight, x = x,
       level = weight / sqrt(mass)[learner], slope = sloped / sqrt(total(sloped^2))[learner])
}

# What of v (divided by the standard deviations) no line of its learner can follow.
off_lines <- function(rows, v) {
  along <- function(line) line * rows$total(line * v)[rows$learner]
  v - along(rows$level) - along(rows$slope)
}

# The variance is that over learners, so that noise which carries over does not pass for a bend.
common_bend <- function(rows, left, bend) {
  by_learner <- rows$total(left * bend)
  mass <- rows$total(bend^2)
  if (sum(mass) <= 0) return(list(bend = NA_real_, bend_z = NA_real_))
  gamma <- sum(by_learner) / sum(mass)
  spread <- sqrt(sum((by_learner - gamma * mass)^2) * rows$n / max(1, rows$n - 1L))
  list(bend = gamma, bend_z = sum(by_learner) / spread)
}

# With u what the lines leave of independent noise, u'(A - cI)u has mean 0 whatever the scale of the noise;
# A takes half the product of each two adjacent weeks, c is E[u'Au] over E[u'u]. Its variance is 2 tr(PBPB)
# with B = A - cI and P the projection off the lines; under an autocorrelation r its mean is 2 r tr(PBPA).
# Lines take up part of what carries over: P sees to that.
carried_over <- function(rows, left) {
  neighbours <- function(v) {
    n <- length(v)
    adjacent <- rows$learner[-1L] == rows$learner[-n] & abs(diff(rows$x) - 1) < 1e-6
    c(ifelse(adjacent, v[-1L], 0), 0) / 2 + c(0, ifelse(adjacent, v[-n], 0)) / 2
  }
  lines <- list(rows$level, rows$slope)
  moved <- lapply(lines, neighbours)
  products <- function(a, b) rows$total(a * b)
  cross <- products(lines[[1L]], moved[[2L]])
  own <- Map(products, lines, moved)
  trace_pa <- -sum(own[[1L]] + own[[2L]])
  squares <- sum(neighbours(rep(1, length(left))) / 2) # tr(AA): a quarter for each ordered adjacent pair
  trace_papa <- squares - 2 * sum(moved[[1L]]^2 + moved[[2L]]^2) +
    sum(own[[1L]]^2 + own[[2L]]^2 + 2 * cross^2)
  freedom <- length(left) - 2 * rows$n
  centre <- trace_pa / freedom
  scale <- sum(left^2) / freedom
  statistic <- (sum(left * neighbours(left)) - centre * sum(left^2)) / scale
  trace_pbpa <- trace_papa - centre * trace_pa
  list(autocorrelation = if (trace_pbpa > 0) statistic / (2 * trace_pbpa) else NA_real_,
       autocorrelation_z = if (trace_pbpa > 0) statistic / sqrt(2 * trace_pbpa) else NA_real_)
}

# What of the misfit is beyond chance, in words.
misfit_notices <- function(misfit) {
  is_beyond <- function(z) !is.na(z) && abs(z) > stats::qnorm(1 - MISFIT_LEVEL / 2)
  c(
    if (is_beyond(misfit$autocorrelation_z)) {
      sprintf(
        paste("What the lines leave carries over from week to week: autocorrelation %.2f (z %.1f).",
              "Intervals and P are %s sure of themselves."),
        misfit$autocorrelation, misfit$autocorrelation_z,
        if (misfit$autocorrelation > 0) "too" else "not enough"
      )
    },
    if (is_beyond(misfit$bend_z)) {
      sprintf(
        paste("Growth is no straight line: it %s, by %.4f per week^2 (z %.1f).",
              "Predictions ahead of the data are too %s."),
        if (misfit$bend < 0) "slows down" else "speeds up", misfit$bend, misfit$bend_z,
        if (misfit$bend < 0) "high" else "low"
      )
    }
  )
}
