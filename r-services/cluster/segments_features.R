# Which features count, and which learners decide what the segments are.

LARGEST_CORRELATION <- 0.9
LEAST_KNOWN_SHARE <- 0.5
LEAST_DECIDING_SHARE <- 0.25

# In a fixed order, whatever the order of the columns in the request.
feature_names <- function(rows) {
  other <- setdiff(names(rows), c("user_id", SEGMENT_FEATURES))
  c(intersect(SEGMENT_FEATURES, names(rows)), sort(other, method = "radix"))
}

# Fits the scaler: list(scaler data.frame(feature, transform, center, scale, bound, n_missing), one row per
# feature kept; dropped data.frame(feature, reason) of those that are not; decides, one logical per row).
# Left out is a feature that is known of fewer than half of the learners (it would show who is known rather
# than how they learn), that hardly varies, that repeats one before it in the fixed order, or that would
# leave too few learners with every feature. Those of whom every kept feature is known decide: they alone
# set the scale, the number of segments and the centres. The others would stand together at a guess, which
# k-means takes for a group.
fit_scaler <- function(rows) {
  rules <- scaling_rules(feature_names(rows), rows)
  usable <- rules$feature[is.na(rules$reason)]
  repeated <- near_duplicates(usable, rows)
  scarce <- too_seldom_known(setdiff(usable, repeated$feature), rows)
  kept <- setdiff(usable, c(repeated$feature, scarce$feature))
  decides <- if (length(kept)) stats::complete.cases(rows[kept]) else rep(TRUE, nrow(rows))
  scaler <- scaling_rules(kept, rows[decides, , drop = FALSE])
  scaler$n_missing <- vapply(scaler$feature, function(name) sum(is.na(rows[[name]])), 1L, USE.NAMES = FALSE)
  alike <- !is.na(scaler$reason)
  list(
    scaler = scaler[!alike, setdiff(names(scaler), "reason")],
    dropped = rbind(rules[!is.na(rules$reason), c("feature", "reason")], repeated, scarce,
                    scaler[alike, c("feature", "reason")]),
    decides = decides
  )
}

# data.frame(feature, reason): the least known features, as many as must go so that enough learners have all.
too_seldom_known <- function(features, rows) {
  needed <- max(min(LEAST_LEARNERS, nrow(rows)), LEAST_DECIDING_SHARE * nrow(rows))
  known <- vapply(features, function(name) sum(!is.na(rows[[name]])), 1L)
  gone <- character()
  while (length(left <- setdiff(features, gone)) && sum(stats::complete.cases(rows[left])) < needed) {
    gone <- c(gone, rev(left)[which.min(rev(known[left]))])
  }
  data.frame(feature = gone, reason = sprintf(
    "known of %d of %d learners; with it too few would have every feature", known[gone],
    rep(nrow(rows), length(gone))
  ))
}

# data.frame(feature, reason): features that nearly repeat an earlier one that is kept, over learners of
# whom both are known. They must do so within humps too: two features that both separate the same groups are
# related by the groups, and are no copies.
near_duplicates <- function(features, rows) {
  if (length(features) == 0L) return(data.frame(feature = character(), reason = character()))
  related <- pmin(size_of_correlations(features, rows, transformed_feature),
                  size_of_correlations(features, rows, residual_of_humps))
  repeats <- rep(NA_integer_, length(features))
  for (j in seq_along(features)) {
    earlier <- which(is.na(repeats[seq_len(j - 1L)]))
    close <- earlier[related[earlier, j] > LARGEST_CORRELATION]
    if (length(close)) repeats[j] <- close[[which.max(related[close, j])]]
  }
  j <- which(!is.na(repeats))
  data.frame(feature = features[j], reason = sprintf(
    "repeats %s (correlation %.3f)", features[repeats[j]], related[cbind(repeats[j], j)]
  ))
}

# Matrix of absolute correlations, 0 where there is none, of what `value_of(name, x)` makes of each feature.
size_of_correlations <- function(features, rows, value_of) {
  x <- vapply(features, function(name) value_of(name, rows[[name]]), double(nrow(rows)))
  related <- suppressWarnings(stats::cor(x, use = "pairwise.complete.obs"))
  related[is.na(related)] <- 0
  abs(related)
}

transformed_feature <- function(name, x) transformed(x, transform_of(name))

residual_of_humps <- function(name, x) {
  value <- transformed_feature(name, x)
  known <- !is.na(value)
  value[known] <- value[known] - hump_centers(value[known])
  value
}

scaler_notices <- function(dropped) {
  if (nrow(dropped)) sprintf("feature %s is left out: %s.", dropped$feature, dropped$reason)
}
