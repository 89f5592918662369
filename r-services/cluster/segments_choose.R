# How many segments: the evidence for each k, and the rule that chooses.

SAMPLE_STARTS <- 20L
LEAST_JACCARD <- 0.75
LEAST_SHARE <- 0.05
# By which k + 1 must beat k: one population passes for two in at most 5% of schools. A later number needs
# more: it is there for groups that k + 1 hides, and is far above where there are any.
ERRORS_OF_NEXT <- 1.645
ERRORS_OF_LATER <- 3

# list(k, centers (k-means of the sample), jaccards (of each centre), table (see judge_ks and climb),
# chosen_by, samples). Call within with_seed(); x holds the rows that decide.
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

# The smallest candidate that its rivals do not beat: list(at (row of the table), table with rival_k,
# rival_errors and errors_needed of the comparisons that were made: of the rival that beats k by most, or
# comes nearest to it). From k = 1 on, if a rival is tighter than k populations like the clusters by more
# errors than it needs, the next candidate is the one to beat.
climb <- function(x, judged, n_references, progress) {
  table <- judged$table
  table[c("rival_k", "rival_errors", "errors_needed")] <- list(NA_integer_, NA_real_, NA_real_)
  at <- 1L
  repeat {
    rivals <- rivals_of(at, table$is_candidate)
    if (length(rivals) == 0L) break
    held <- c(at, rivals)
    draw <- populations(x, nearest(x, judged$centers[[at]])$cluster)
    errors <- errors_above(table$log_within[held], table$k[held], n_references, draw,
                           function(b) progress("references", b - 1L, n_references))
    needed <- ifelse(rivals == at + 1L, ERRORS_OF_NEXT, ERRORS_OF_LATER)
    best <- which.max(errors - needed)
    table[at, c("rival_k", "rival_errors", "errors_needed")] <-
      list(table$k[rivals[best]], errors[best], needed[best])
    if (errors[best] <= needed[best]) break
    at <- rivals[1L]
  }
  list(at = at, table = table)
}

# The candidates among the next two numbers, else the next candidate there is. Two: where there are three
# groups, two clusters may be no tighter than one population. Not more: many clusters are tight about values
# that many share.
rivals_of <- function(at, is_candidate) {
  larger <- setdiff(which(is_candidate), seq_len(at))
  near <- larger[larger <= at + 2L]
  if (length(near)) near else utils::head(larger, 1L)
}
