# How many segments: the evidence for each k, and the rule that chooses.

SAMPLE_STARTS <- 20L
LEAST_JACCARD <- 0.75
LEAST_SHARE <- 0.05
POPULATION_ERRORS <- 3 # seven candidates are tried: one standard error alone would be passed by chance

# list(k, centers (k-means of the sample), jaccards (of each centre), table (see judge_ks), chosen_by,
# samples). Call within with_seed().
choose_segments <- function(x, user_id, parameters, progress) {
  drawn <- sampled_rows(user_id, parameters$sample_size, parameters$seed)
  sampled <- x[drawn, , drop = FALSE]
  ks <- if (is.null(parameters$k)) seq_len(min(LARGEST_K, sum(!duplicated(sampled)) - 1L)) else parameters$k
  judged <- judge_ks(sampled, ks, parameters, progress)
  at <- if (is.null(parameters$k)) chosen_k(judged$table) else 1L
  list(k = ks[at], centers = judged$centers[[at]], jaccards = judged$jaccards[[at]], table = judged$table,
       chosen_by = if (is.null(parameters$k)) "gap" else "given",
       samples = list(n_rows = length(drawn), n_references = if (length(ks) > 1L) parameters$n_references,
                      n_bootstraps = parameters$n_bootstraps))
}

# Segments must stand out against both references: the uniform box (there is structure at all), and one
# population of the same marginals and ranks (it is not only skewness or correlation). If they do, the gap
# over the box gives their number. Row of the table.
chosen_k <- function(table) {
  shown <- shows_structure(table$gap, table$gap_se, table$is_candidate) &&
    shows_structure(table$population_gap, table$population_se, table$is_candidate, POPULATION_ERRORS)
  if (shown) one_se_choice(table$gap, table$gap_se, table$is_candidate) else 1L
}

# The rows that stand for all: those whose hash of learner and seed is smallest, so that a learner who
# leaves or comes moves nobody else in or out (bottom-k sampling).
sampled_rows <- function(user_id, size, seed) {
  if (length(user_id) <= size) return(seq_along(user_id))
  sort(order(digest::digest2int(user_id, as.integer(seed)), user_id, method = "radix")[seq_len(size)])
}

# The evidence for each of `ks` on the rows of x. Returns list(table, centers, jaccards), the last two
# lists by k; table: data.frame(k, log_within, gap, gap_se, population_gap, population_se, jaccard (the
# smallest of the clusters), smallest_share, silhouette, is_candidate). Without a choice no gap is asked
# for.
judge_ks <- function(x, ks, parameters, progress) {
  found <- lapply(ks, function(k) best_kmeans(x, k, SAMPLE_STARTS))
  log_within <- vapply(found, function(one) log(one$within), 1)
  gaps <- judge_gaps(x, log_within, ks, parameters$n_references, progress)
  distances <- stats::dist(x)
  stable <- lapply(seq_along(ks), function(i) {
    progress("resampling", i - 1L, length(ks))
    cluster_stability(x, found[[i]]$centers, parameters$n_bootstraps)
  })
  clusters <- lapply(found, function(one) nearest(x, one$centers)$cluster)
  table <- data.frame(
    k = ks, log_within = log_within, gaps, jaccard = vapply(stable, min, 1),
    smallest_share = vapply(clusters, function(cluster) min(tabulate(cluster)) / nrow(x), 1),
    silhouette = vapply(clusters, function(cluster) mean_silhouette(distances, cluster), 1)
  )
  table$is_candidate <- table$jaccard >= LEAST_JACCARD & table$smallest_share >= LEAST_SHARE
  list(table = table, centers = lapply(found, function(one) one$centers), jaccards = stable)
}

judge_gaps <- function(x, log_within, ks, n_references, progress) {
  if (length(ks) == 1L) {
    unknown <- NA_real_
    return(data.frame(gap = unknown, gap_se = unknown, population_gap = unknown, population_se = unknown))
  }
  box <- gap_statistic(log_within, ks, n_references, uniform_box(x),
                       function(b) progress("references", b - 1L, 2L * n_references))
  population <- gap_statistic(log_within, ks, n_references, one_population(x),
                              function(b) progress("references", n_references + b - 1L, 2L * n_references))
  cbind(box, stats::setNames(population, c("population_gap", "population_se")))
}
