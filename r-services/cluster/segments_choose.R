# How many segments: the evidence for each k, and the rule that chooses.

SAMPLE_STARTS <- 20L
LEAST_JACCARD <- 0.75
LEAST_SHARE <- 0.05
ERRORS_TO_BEAT <- 1.645 # one population is taken for two in at most 5% of schools

# list(k, centers (k-means of the sample), jaccards (of each centre), table (see judge_ks and climb), chosen_by,
# samples). Call within with_seed(); x holds the rows that decide.
choose_segments <- function(x, user_id, parameters, progress) {
  drawn <- sampled_rows(user_id, parameters$sample_size, parameters$seed)
  sampled <- x[drawn, , drop = FALSE]
  given <- parameters$k
  ks <- if (is.null(given)) seq_len(min(LARGEST_K, sum(!duplicated(sampled)) - 1L)) else given
  judged <- judge_ks(sampled, ks, parameters$n_bootstraps, progress)
  climbed <- if (is.null(given)) climb(sampled, judged, parameters$n_references, progress)
  at <- if (is.null(given)) climbed$at else 1L
  list(k = ks[at], centers = judged$centers[[at]], jaccards = judged$jaccards[[at]],
       table = if (is.null(given)) climbed$table else judged$table,
       chosen_by = if (is.null(given)) "gap" else "given",
       samples = list(n_rows = length(drawn), n_references = if (is.null(given)) parameters$n_references,
                      n_bootstraps = parameters$n_bootstraps))
}

# The rows that stand for all: those whose hash of learner and seed is smallest, so that a learner who
# leaves or comes moves nobody else in or out (bottom-k sampling).
sampled_rows <- function(user_id, size, seed) {
  if (length(user_id) <= size) return(seq_along(user_id))
  sort(order(digest::digest2int(user_id, as.integer(seed)), user_id, method = "radix")[seq_len(size)])
}

# What each of `ks` is like on the rows of x. Returns list(table, centers, jaccards), the last two lists by k;
# table: data.frame(k, log_within, jaccard (the smallest of the clusters), smallest_share, silhouette,
# is_candidate (stable, and no cluster too small)).
judge_ks <- function(x, ks, n_bootstraps, progress) {
  found <- lapply(ks, function(k) best_kmeans(x, k, SAMPLE_STARTS))
  distances <- stats::dist(x)
  stable <- lapply(seq_along(ks), function(i) {
    progress("resampling", i - 1L, length(ks))
    cluster_stability(x, found[[i]]$centers, n_bootstraps)
  })
  clusters <- lapply(found, function(one) nearest(x, one$centers)$cluster)
  table <- data.frame(
    k = ks, log_within = vapply(found, function(one) log(one$within), 1), jaccard = vapply(stable, min, 1),
    smallest_share = vapply(clusters, function(cluster) min(tabulate(cluster)) / nrow(x), 1),
    silhouette = vapply(clusters, function(cluster) mean_silhouette(distances, cluster), 1)
  )
  table$is_candidate <- table$jaccard >= LEAST_JACCARD & table$smallest_share >= LEAST_SHARE
  list(table = table, centers = lapply(found, function(one) one$centers), jaccards = stable)
}

# The smallest k that the next candidate does not beat: list(at (row of the table), table with next_k, next_gap and
# next_gap_se of the comparisons that were made). From k = 1 on, the next candidate wins if it is tighter than k
# populations would let it be by more than so many errors, and is then the one to beat.
climb <- function(x, judged, n_references, progress) {
  table <- judged$table
  table[c("next_k", "next_gap", "next_gap_se")] <- list(NA_integer_, NA_real_, NA_real_)
  at <- 1L
  repeat {
    ahead <- which(table$is_candidate & seq_along(table$k) > at)
    if (length(ahead) == 0L) break
    both <- c(at, ahead[1L])
    draw <- populations(x, nearest(x, judged$centers[[at]])$cluster)
    compared <- population_gap(table$log_within[both], table$k[both], n_references, draw,
                               function(b) progress("references", b - 1L, n_references))
    table[at, c("next_k", "next_gap", "next_gap_se")] <- list(table$k[ahead[1L]], compared$gap, compared$gap_se)
    if (compared$gap <= ERRORS_TO_BEAT * compared$gap_se) break
    at <- ahead[1L]
  }
  list(at = at, table = table)
}
