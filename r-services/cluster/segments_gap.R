# How much tighter are the learners than learners without segments would be? The gap statistic
# (Tibshirani, Walther and Hastie 2001, JRSS B 63, 411-423): Gap(k) = E*[log W(k)] - log W(k), W the sum
# of squares within clusters, E* the mean over reference data sets.

REFERENCE_STARTS <- 3L
MARGINAL_BINS <- 50L

# data.frame(gap, gap_se), one row per entry of `ks`. `draw` makes a reference of the size of the data;
# gap_se is the standard deviation over references times sqrt(1 + 1 / n_references). `progress` is called
# before each.
gap_statistic <- function(log_within, ks, n_references, draw, progress = function(b) NULL) {
  drawn <- vapply(seq_len(n_references), function(b) {
    progress(b)
    log_within_of(draw(), ks)
  }, double(length(ks)))
  drawn <- matrix(drawn, length(ks))
  expected <- rowMeans(drawn)
  data.frame(gap = expected - log_within,
             gap_se = sqrt(rowMeans((drawn - expected)^2)) * sqrt(1 + 1 / n_references))
}

log_within_of <- function(x, ks) {
  vapply(ks, function(k) log(best_kmeans(x, k, REFERENCE_STARTS)$within), 1)
}

# The reference of the paper (its choice b): uniform over the box of the data's principal axes. It is left
# in these axes: k-means sees distances, which do not turn.
uniform_box <- function(x) {
  centred <- sweep(x, 2L, colMeans(x))
  turned <- centred %*% svd(centred, nu = 0L)$v
  low <- apply(turned, 2L, min)
  width <- apply(turned, 2L, max) - low
  function() matrix(low + width * stats::runif(length(x)), nrow(x), byrow = TRUE)
}

# One population that is like the data in all but segments: every feature has the unimodal distribution
# nearest to its own, and they depend on each other as the data's ranks do (a Gaussian copula). Skewed,
# heavy-tailed and correlated features are tighter than a uniform box without any segment; they are not
# tighter than this. In the spirit of Hennig and Lin 2015, Statistics and Computing 25, 821-833; ADR 0013 has
# the measurements.
one_population <- function(x) {
  n <- nrow(x)
  scores <- apply(x, 2L, function(v) stats::qnorm((rank(v) - 0.5) / n))
  eigen_of <- eigen(stats::cor(scores), symmetric = TRUE)
  root <- t(eigen_of$vectors) * sqrt(pmax(eigen_of$values, 0))
  quantiles <- lapply(seq_len(ncol(x)), function(j) unimodal_quantiles(x[, j]))
  function() {
    u <- stats::pnorm(matrix(stats::rnorm(length(x)), n) %*% root)
    vapply(seq_len(ncol(x)), function(j) quantiles[[j]](u[, j]), double(n))
  }
}

# The quantile function of the unimodal histogram nearest to that of `v` in least squares: rising to a mode,
# falling after it, by isotonic regression on both sides of every mode there could be.
unimodal_quantiles <- function(v) {
  edges <- seq(min(v), max(v), length.out = MARGINAL_BINS + 1L)
  counts <- tabulate(findInterval(v, edges, all.inside = TRUE), MARGINAL_BINS)
  fits <- lapply(seq_len(MARGINAL_BINS), function(mode) {
    falling <- counts[-seq_len(mode)]
    c(stats::isoreg(counts[seq_len(mode)])$yf, if (length(falling)) rev(stats::isoreg(rev(falling))$yf))
  })
  best <- fits[[which.min(vapply(fits, function(fit) sum((fit - counts)^2), 1))]]
  cumulative <- c(0, cumsum(best)) / sum(best)
  rising <- c(TRUE, diff(cumulative) > 0)
  function(u) stats::approx(cumulative[rising], edges[rising], u, rule = 2)$y
}

# Is a candidate other than k = 1 (the first) tighter than the reference by more than so many standard errors,
# when k = 1 is the measure?
shows_structure <- function(gap, gap_se, is_candidate, n_errors = 1) {
  any((is_candidate & gap - n_errors * gap_se > gap[1L])[-1L])
}

# The paper's rule for how many: the smallest candidate from 2 on whose gap is not less than that of k + 1
# by more than the standard error of k + 1. Where the gap rises to the end, the candidate with the
# largest.
one_se_choice <- function(gap, gap_se, is_candidate) {
  levels_off <- c(utils::head(gap, -1L) >= gap[-1L] - gap_se[-1L], FALSE)
  among <- which(is_candidate & seq_along(gap) > 1L)
  if (any(levels_off[among])) return(among[levels_off[among]][1L])
  among[which.max(gap[among])]
}
