# Does the same clustering come out of other learners of the same kind? Bootstrap stability by cluster
# (Hennig 2007, Computational Statistics & Data Analysis 52, 258-271; fpc::clusterboot).

# Mean Jaccard similarity of each cluster of `centers` with the cluster most like it in each of
# `n_bootstraps` clusterings of a bootstrap sample, over the learners that are in the sample. One number
# per cluster.
cluster_stability <- function(x, centers, n_bootstraps, n_starts = 5L) {
  k <- nrow(centers)
  if (k == 1L) return(1)
  own <- nearest(x, centers)$cluster
  similar <- vapply(seq_len(n_bootstraps), function(b) {
    drawn <- sample.int(nrow(x), replace = TRUE)
    found <- best_kmeans(x[drawn, , drop = FALSE], k, n_starts)
    seen <- unique(drawn)
    again <- nearest(x[seen, , drop = FALSE], found$centers)$cluster
    best_jaccards(own[seen], again, k, nrow(found$centers))
  }, double(k))
  rowMeans(similar)
}

# For each of the clusters 1..k of `own`: |A and B| / |A or B| with the B of `other` (1..m) where it is
# largest.
best_jaccards <- function(own, other, k, m) {
  both <- matrix(tabulate(own + k * (other - 1L), k * m), k, m)
  either <- outer(rowSums(both), colSums(both), `+`) - both
  shares <- ifelse(either > 0, both / either, 0)
  do.call(pmax, lapply(seq_len(m), function(j) shares[, j]))
}

# Mean silhouette width (Rousseeuw 1987) of the clusters; NA where there is one cluster only.
mean_silhouette <- function(distances, cluster) {
  if (length(unique(cluster)) < 2L) return(NA_real_)
  mean(cluster::silhouette(cluster, distances)[, "sil_width"])
}

# Adjusted Rand index of two partitions of the same learners (Hubert and Arabie 1985, Journal of
# Classification 2, 193-218): 1 when equal, 0 on average by chance. NA without two learners.
adjusted_rand <- function(a, b) {
  if (length(a) < 2L) return(NA_real_)
  pairs <- function(n) sum(n * (n - 1) / 2)
  counts <- table(a, b)
  rows <- pairs(rowSums(counts))
  columns <- pairs(colSums(counts))
  expected <- rows * columns / pairs(length(a))
  largest <- (rows + columns) / 2
  if (largest == expected) return(1) # both put all learners together, or each alone
  (pairs(counts) - expected) / (largest - expected)
}
