# Which segment of today is which of the run before: by the learners they share.

# Of two clusters of equal size a Jaccard similarity of a third means half of the learners in common.
# Below it a pairing is only what was left over, and the segment is a new one.
LEAST_SIMILARITY <- 1 / 3

# `cluster` (1..k) is of today's learners `user_id`; `previous` data.frame(user_id, segment_id) of the run
# before. Pairs are those of the optimal assignment (clue::solve_LSAP: most shared learners stay). Returns
# list(segment_id (of each cluster), next_segment_id, adjusted_rand, n_shared, n_new, n_left,
#      transitions data.frame(from_segment_id, to_segment_id, n_learners)).
identify_segments <- function(user_id, cluster, k, previous, next_id) {
  next_id <- max(next_id, previous$segment_id + 1L)
  before <- previous$segment_id[match(user_id, previous$user_id)]
  shared <- !is.na(before)
  old <- sort(unique(before[shared]))
  counts <- matrix(tabulate(cluster[shared] + k * (match(before[shared], old) - 1L), k * length(old)), k)
  ids <- old[kept_pairs(counts)]
  new <- which(is.na(ids))
  ids[new] <- next_id + seq_along(new) - 1L
  seen <- which(counts > 0L, arr.ind = TRUE)
  moved <- data.frame(from_segment_id = old[seen[, 2L]], to_segment_id = ids[seen[, 1L]],
                      n_learners = counts[seen])
  list(segment_id = as.integer(ids), next_segment_id = as.integer(next_id + length(new)),
       adjusted_rand = adjusted_rand(before[shared], cluster[shared]), n_shared = sum(shared),
       n_new = sum(!shared), n_left = sum(!previous$user_id %in% user_id),
       transitions = moved[order(moved$from_segment_id, moved$to_segment_id), ])
}

# For each row of `counts` (clusters x earlier segments) the column it continues, or NA.
kept_pairs <- function(counts) {
  k <- nrow(counts)
  if (ncol(counts) == 0L) return(rep(NA_integer_, k))
  padded <- cbind(counts, matrix(0L, k, k)) # at least as many columns as rows
  column <- as.integer(clue::solve_LSAP(padded, maximum = TRUE))
  column[column > ncol(counts)] <- NA
  both <- counts[cbind(seq_len(k), column)]
  either <- rowSums(counts) + colSums(counts)[column] - both
  replace(column, is.na(column) | both < LEAST_SIMILARITY * either, NA)
}
