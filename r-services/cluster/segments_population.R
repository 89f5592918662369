# Are the learners tighter than k populations without groups would be? As in the gap statistic (Tibshirani,
# Walther and Hastie 2001, JRSS B 63, 411-423) drawn data answer, but the reference is not a uniform box
# here: skewed, heavy-tailed and correlated features are tighter than a box without any group. It is a
# parametric bootstrap of k populations that are like the clusters in all but groups (Hennig and Lin 2015,
# Statistics and Computing 25, 821-833; for mixtures McLachlan 1987, Applied Statistics 36, 318-324). ADR
# 0013 has the measurements.

REFERENCE_STARTS <- 3L
MARGINAL_BINS <- 50L
CALIBRATING_ROWS <- 4000L

# How much tighter than k populations would let them be are larger numbers of clusters? `log_within` (of the
# data) and `ks` are c(k, the larger ones). Returns for each larger K how far its gain log(W(k) / W(K)), W
# the sum of squares within clusters, lies above the mean gain of references, in standard errors: their
# standard deviation times sqrt(1 + 1 / n_references). `draw` makes a reference; `progress` is called before
# each.
errors_above <- function(log_within, ks, n_references, draw, progress = function(b) NULL) {
  gains <- function(log_within) log_within[1L] - log_within[-1L]
  drawn <- vapply(seq_len(n_references), function(b) {
    progress(b)
    gains(log_within_of(draw(), ks))
  }, double(length(ks) - 1L))
  drawn <- matrix(drawn, length(ks) - 1L)
  errors <- (gains(log_within) - rowMeans(drawn)) / (apply(drawn, 1L, stats::sd) * sqrt(1 + 1 / n_references))
  ifelse(is.finite(errors), errors, 0) # references that do not differ say nothing
}

log_within_of <- function(x, ks) {
  vapply(ks, function(k) log(best_kmeans(x, k, REFERENCE_STARTS)$within), 1)
}

# A function that draws as many rows as x has: each of the clusters 1..k of x as one population.
populations <- function(x, cluster) {
  draws <- lapply(split(seq_len(nrow(x)), cluster), function(rows) one_population(x[rows, , drop = FALSE]))
  function() do.call(rbind, lapply(draws, function(draw) draw()))
}

# One population with the unimodal marginals nearest to those of x and with its correlations: a Gaussian
# copula whose correlations start at those of the normal scores and are moved once by what the correlations
# of the drawn values lack (Cario and Nelson 1997), because ties and skewness weaken them. Returns
# function(n) that draws a matrix of n rows.
one_population <- function(x) {
  n <- nrow(x)
  varies <- which(apply(x, 2L, function(v) max(v) > min(v)))
  if (length(varies) == 0L) return(function(n_rows = n) x[rep(1L, n_rows), , drop = FALSE])
  quantiles <- lapply(varies, function(j) unimodal_quantiles(x[, j]))
  draw_with <- function(related, n_rows) {
    u <- stats::pnorm(correlated_normals(n_rows, related))
    drawn <- matrix(x[1L, ], n_rows, ncol(x), byrow = TRUE, dimnames = list(NULL, colnames(x)))
    for (i in seq_along(varies)) drawn[, varies[i]] <- quantiles[[i]](u[, i])
    drawn
  }
  scores <- apply(x[, varies, drop = FALSE], 2L, function(v) stats::qnorm((rank(v) - 0.5) / n))
  related <- shrunk_correlation(scores)
  if (length(varies) > 1L) {
    lacking <- shrunk_correlation(x[, varies, drop = FALSE]) -
      stats::cor(draw_with(related, CALIBRATING_ROWS)[, varies])
    related <- pmin(pmax(related + lacking, -1), 1)
  }
  function(n_rows = n) draw_with(related, n_rows)
}

# Rows of standard normals with these correlations; what is not positive semidefinite is made so.
correlated_normals <- function(n, related) {
  eigen_of <- eigen(related, symmetric = TRUE)
  root <- t(eigen_of$vectors) * sqrt(pmax(eigen_of$values, 0))
  root <- root / rep(sqrt(colSums(root^2)), each = nrow(root))
  matrix(stats::rnorm(n * ncol(root)), n) %*% root
}

# Correlations shrunk towards 0 by as much as their sampling errors suggest (Schaefer and Strimmer 2005,
# Statistical Applications in Genetics and Molecular Biology 4, 32). Unshrunk ones would stretch the reference
# along directions of chance, and so hide groups that differ a little in every feature.
shrunk_correlation <- function(x) {
  n <- nrow(x)
  z <- scale(x)
  r <- crossprod(z) / (n - 1)
  variance <- (crossprod(z^2) - n * (crossprod(z) / n)^2) / (n * (n - 1))
  other <- row(r) != col(r)
  kept <- 1 - min(1, sum(variance[other]) / sum(r[other]^2))
  r[other] <- if (is.finite(kept)) kept * r[other] else 0
  r
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
