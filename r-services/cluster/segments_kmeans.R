# k-means as stats::kmeans has it (Hartigan and Wong 1979), made repeatable, and the one rule by which a
# learner belongs to a centre.

MOST_ITERATIONS <- 100L

# Evaluates `expr` under R's documented generators from `seed` on, and leaves the caller's random numbers
# alone.
with_seed <- function(seed, expr) {
  before <- get0(".Random.seed", globalenv(), inherits = FALSE)
  on.exit(if (is.null(before)) rm(".Random.seed", envir = globalenv())
          else assign(".Random.seed", before, globalenv()))
  set.seed(seed, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
  expr
}

# The best of `n_starts` k-means with rows far from each other as first centres, or the one from `centers`;
# the largest cluster first. Returns list(centers k x p, within, converged, order (what place each centre
# began at)); fewer centres where there are fewer distinct rows.
best_kmeans <- function(x, k, n_starts, centers = NULL) {
  if (k == 1L) return(single_cluster(x))
  starts <- if (is.null(centers)) lapply(seq_len(n_starts), function(i) spread_rows(x, k)) else list(centers)
  if (nrow(starts[[1L]]) < k) return(fixed_centers(x, starts[[1L]]))
  tries <- lapply(starts, function(start) one_kmeans(x, start))
  best <- tries[[which.min(vapply(tries, function(one) one$within, 1))]]
  best$order <- size_order(best$centers, best$size)
  best$centers <- best$centers[best$order, , drop = FALSE]
  best
}

# Up to k distinct rows, each drawn with odds of its squared distance from those before it (k-means++,
# Arthur and Vassilvitskii 2007): rows drawn alike often leave two far clusters to one centre. Fewer where
# no other row is.
spread_rows <- function(x, k) {
  chosen <- sample.int(nrow(x), 1L)
  squared <- rep(Inf, nrow(x))
  while (length(chosen) < k) {
    squared <- pmin(squared, rowSums((x - rep(x[chosen[length(chosen)], ], each = nrow(x)))^2))
    odds <- cumsum(squared)
    if (odds[nrow(x)] <= 0) break
    chosen <- c(chosen, findInterval(stats::runif(1L) * odds[nrow(x)], odds) + 1L)
  }
  x[chosen, , drop = FALSE]
}

# Hartigan and Wong stop where no single row's move helps; where their step limit comes first, Lloyd's
# iteration goes on from there.
one_kmeans <- function(x, start) {
  run <- function(from, algorithm) {
    suppressWarnings(tryCatch(stats::kmeans(x, from, iter.max = MOST_ITERATIONS, algorithm = algorithm),
                              error = none_if_empty)) # ifault reports the same problems as its warnings
  }
  found <- run(start, "Hartigan-Wong")
  if (!is.null(found) && found$ifault != 0L) found <- run(found$centers, "Lloyd")
  if (is.null(found)) {
    return(list(centers = start, within = Inf, converged = FALSE, size = rep(0L, nrow(start))))
  }
  list(centers = unname_rows(found$centers), within = found$tot.withinss, size = found$size,
       converged = found$ifault == 0L && found$iter < MOST_ITERATIONS)
}

# A start that leaves a cluster empty leads nowhere; any other error is one.
none_if_empty <- function(cause) {
  empty <- gettext("empty cluster: try a better set of initial centers", domain = "R-stats")
  if (conditionMessage(cause) != empty) stop(cause)
}

single_cluster <- function(x) {
  centers <- matrix(colMeans(x), 1L, dimnames = list(NULL, colnames(x)))
  list(centers = centers, within = sum(sweep(x, 2L, centers)^2), converged = TRUE, size = nrow(x))
}

fixed_centers <- function(x, distinct) {
  list(centers = unname_rows(distinct), within = 0, converged = TRUE,
       size = tabulate(nearest(x, distinct)$cluster, nrow(distinct)))
}

unname_rows <- function(centers) {
  rownames(centers) <- NULL
  centers
}

# Largest first; equal sizes by their coordinates. So the number of a cluster does not depend on the start.
size_order <- function(centers, size) {
  columns <- lapply(seq_len(ncol(centers)), function(j) centers[, j])
  do.call(order, c(list(-size), columns))
}

# For each row the centre it belongs to: data.frame(cluster, distance, strength). `distance` is Euclidean over
# the values that are known: one that is not pulls to no centre, where a guess would pull to one.
# `strength` (second - first) / second distance, the simplified silhouette (Hruschka, de Castro and
# Campello 2004): 0 halfway between two centres, 1 on one's own. With one centre it is 1. Ties go to the
# first centre.
nearest <- function(x, centers) {
  squared <- vapply(seq_len(nrow(centers)), function(k) {
    rowSums((x - rep(centers[k, ], each = nrow(x)))^2, na.rm = TRUE)
  }, double(nrow(x)))
  squared <- matrix(squared, nrow(x))
  cluster <- max.col(-squared, ties.method = "first")
  first <- sqrt(squared[cbind(seq_len(nrow(x)), cluster)])
  squared[cbind(seq_len(nrow(x)), cluster)] <- Inf
  second <- sqrt(do.call(pmin, c(lapply(seq_len(ncol(squared)), function(k) squared[, k]))))
  strength <- ifelse(is.infinite(second), 1, ifelse(second > 0, (second - first) / second, 0))
  data.frame(cluster = cluster, distance = first, strength = strength)
}
