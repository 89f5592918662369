# The answer of the fit: meta data, gates, notices, landing rows.

MOST_ASSIGNED_ONLY_SHARE <- 0.5 # at least half of the learners decided

# data.frame(segment_id, segment_label, n_learners) with the matrices `scaled` (centres) and `typical`
# (the same places in natural units).
describe_centers <- function(scaled, cluster, segment_id, scaler) {
  centers <- data.frame(segment_id = segment_id, segment_label = segment_labels(scaled),
                        n_learners = tabulate(cluster, nrow(scaled)))
  centers$scaled <- scaled
  places <- lapply(seq_len(nrow(scaled)), function(i) natural_values(scaler, scaled[i, ]))
  centers$typical <- matrix(unlist(places), nrow(scaled), byrow = TRUE, dimnames = list(NULL, scaler$feature))
  centers
}

# A row of a matrix with the names of its columns, of one column too.
row_of <- function(x, i) stats::setNames(x[i, ], colnames(x))

segment_meta <- function(fitted, centers, found, chosen, identity, assigned, rows, parameters) {
  list(
    method = parameters$method, n_clusters = nrow(centers),
    features = cbind(fitted$scaler, typical = natural_values(fitted$scaler, 0)),
    centers = center_records(centers, found$jaccards, assigned),
    metrics = list(
      n_learners = nrow(rows), converged = found$converged, within = found$within,
      chosen_by = chosen$chosen_by, k_table = chosen$table, samples = chosen$samples,
      n_deciding = sum(fitted$decides), n_imputed = sum(fitted$scaler$n_missing),
      assigned_only_share = mean(!fitted$decides),
      dropped_features = fitted$dropped, seed = parameters$seed,
      next_segment_id = identity$next_segment_id,
      identity = c(list(previous_run_id = parameters$previous_run_id),
                   identity[c("n_shared", "n_new", "n_left", "adjusted_rand", "transitions")])
    )
  )
}

# One record per segment; `scaled` is what /cluster/predict reads, `typical` what people do; `n_imputed` of
# the learners were assigned afterwards.
center_records <- function(centers, jaccards, assigned) {
  lapply(order(centers$segment_id), function(i) {
    id <- centers$segment_id[i]
    of_it <- assigned$segment_id == id
    list(segment_id = id, segment_label = centers$segment_label[i], n_learners = centers$n_learners[i],
         n_assigned_only = sum(assigned$is_assigned_only[of_it]),
         share = centers$n_learners[i] / nrow(assigned),
         jaccard = jaccards[i], mean_strength = mean(assigned$strength[of_it]),
         typical = row_of(centers$typical, i), scaled = row_of(centers$scaled, i))
  })
}

meta_row <- function(meta) {
  data.frame(method = meta$method, n_clusters = meta$n_clusters,
             features = fitservice::json_text(meta$features), centers = fitservice::json_text(meta$centers),
             metrics = fitservice::json_text(meta$metrics))
}

# smallest_share is among those who decide. assigned_only_share: with one segment there was nothing to decide.
segment_gates <- function(meta, assigned) {
  deciding <- vapply(meta$centers, function(one) one$n_learners - one$n_assigned_only, 1)
  jaccards <- vapply(meta$centers, function(one) one$jaccard, 1)
  data.frame(
    name = c("converged", "smallest_jaccard", "smallest_share", "n_not_assigned", "assigned_only_share"),
    value = c(as.double(meta$metrics$converged), min(jaccards), min(deciding) / meta$metrics$n_deciding,
              sum(is.na(assigned$segment_id)),
              if (meta$n_clusters > 1L) meta$metrics$assigned_only_share else 0),
    lower = c(1, LEAST_JACCARD, LEAST_SHARE, NA, NA), upper = c(NA, NA, NA, 0, MOST_ASSIGNED_ONLY_SHARE)
  )
}

segment_notices <- function(fitted, chosen, identity, rows, parameters) {
  partly <- fitted$scaler[fitted$scaler$n_missing > 0L, ]
  n_deciding <- sum(fitted$decides)
  c(
    scaler_notices(fitted$dropped),
    if (nrow(partly)) {
      sprintf("feature %s is not known of %d of %d learners, for whom it counts in no distance.",
              partly$feature, partly$n_missing, nrow(rows))
    },
    if (n_deciding < nrow(rows)) {
      sprintf(paste("%d of %d learners lack a feature: they did not decide, and were assigned afterwards",
                    "(is_assigned_only)."), nrow(rows) - n_deciding, nrow(rows))
    },
    if (chosen$samples$n_rows < n_deciding) {
      sprintf("k was judged on a sample of %d of %d learners (by hash of the id); all were clustered.",
              chosen$samples$n_rows, n_deciding)
    },
    if (chosen$k == 1L && is.null(parameters$k)) "no structure was found: all learners are one segment.",
    if (!is.null(parameters$previous_run_id) && identity$n_shared == 0L) {
      "no learner of the run before is left: every segment is a new one."
    }
  )
}
