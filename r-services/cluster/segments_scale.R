# From features in their natural units to the space in which distances are taken. What is done to a row is
# written down in the scaler, so that a stored model does the same to a row it never saw.

LARGEST_CORRELATION <- 0.9
LEAST_KNOWN_SHARE <- 0.5
WINSOR_BOUND <- 3 # robust standard deviations from the median
WINSOR_SHARE <- 0.05
NORMAL_WINSORISED_SD <- 0.9117 # of a standard normal, both outer 5% winsorised

# In a fixed order, whatever the order of the columns in the request.
feature_names <- function(rows) {
  other <- setdiff(names(rows), c("user_id", SEGMENT_FEATURES))
  c(intersect(SEGMENT_FEATURES, names(rows)), sort(other, method = "radix"))
}

# Fits the scaler: data.frame(feature, transform, center, scale, bound, n_missing), one row per feature
# kept; with it data.frame(feature, reason) of those that are not. Left out is a feature that is known of
# fewer than half of the learners (it would show who is known rather than how they learn), that hardly
# varies, or that repeats one before it in the fixed order (|correlation| > 0.9).
fit_scaler <- function(rows) {
  rules <- do.call(rbind, lapply(feature_names(rows), function(name) scaling_rule(name, rows[[name]])))
  usable <- rules[is.na(rules$reason), ]
  repeated <- near_duplicates(scaled_values(usable, rows), rows)
  kept <- usable[!usable$feature %in% repeated$feature, ]
  dropped <- rbind(rules[!is.na(rules$reason), c("feature", "reason")], repeated)
  list(scaler = kept[setdiff(names(kept), "reason")], dropped = dropped)
}

scaling_rule <- function(name, x) {
  transform <- if (name %in% LOG_FEATURES) "log1p" else "identity"
  known <- transformed(x[!is.na(x)], transform)
  scale <- if (length(known)) robust_scale(known) else 0
  reason <- if (length(known) < LEAST_KNOWN_SHARE * length(x)) {
    sprintf("known of %d of %d learners only", length(known), length(x))
  } else if (scale == 0) {
    "constant, or the same for nine learners in ten"
  } else {
    NA_character_
  }
  data.frame(feature = name, transform = transform,
             center = if (length(known)) stats::median(known) else NA_real_, scale = scale,
             bound = WINSOR_BOUND, n_missing = length(x) - length(known), reason = reason)
}

transformed <- function(x, transform) if (transform == "log1p") log1p(x) else as.double(x)

# The standard deviation after the outer 5% on each side were moved to where they begin, as a normal
# distribution has it. A MAD would not do: where half of the learners share one value (efficiency 0) it is
# 0 or nearly so, and every other learner would stand at the bounds. 0 where nine learners in ten share
# one value.
robust_scale <- function(x) {
  ends <- stats::quantile(x, c(WINSOR_SHARE, 1 - WINSOR_SHARE), names = FALSE)
  if (length(x) < 2L || ends[2L] - ends[1L] <= 1e-9 * max(1, abs(ends))) return(0)
  stats::sd(pmin(pmax(x, ends[1L]), ends[2L])) / NORMAL_WINSORISED_SD
}

# Matrix of rows x features: (value - median) / scale, cut at the bounds. A value that is not known is put
# at the median: it pulls the learner to no segment.
scaled_values <- function(scaler, rows) {
  columns <- lapply(seq_len(nrow(scaler)), function(j) {
    x <- rows[[scaler$feature[j]]]
    if (is.null(x)) x <- rep(NA_real_, nrow(rows))
    z <- (transformed(x, scaler$transform[j]) - scaler$center[j]) / scaler$scale[j]
    z[is.na(z)] <- 0
    pmin(pmax(z, -scaler$bound[j]), scaler$bound[j])
  })
  matrix(as.double(unlist(columns)), nrow(rows), nrow(scaler), dimnames = list(NULL, scaler$feature))
}

# The natural value of a place on the scale, of one feature per row of the scaler.
natural_values <- function(scaler, z) {
  value <- scaler$center + scaler$scale * z
  ifelse(scaler$transform == "log1p", expm1(value), value)
}

# data.frame(feature, reason): features that nearly repeat an earlier one that is kept, over learners of
# whom both are known.
near_duplicates <- function(x, rows) {
  known <- vapply(colnames(x), function(name) !is.na(rows[[name]]), logical(nrow(x)))
  x[!known] <- NA_real_
  if (ncol(x) == 0L) return(data.frame(feature = character(), reason = character()))
  related <- suppressWarnings(stats::cor(x, use = "pairwise.complete.obs"))
  related[is.na(related)] <- 0
  repeats <- rep(NA_integer_, ncol(x))
  for (j in seq_len(ncol(x))) {
    earlier <- which(is.na(repeats[seq_len(j - 1L)]))
    close <- earlier[abs(related[earlier, j]) > LARGEST_CORRELATION]
    if (length(close)) repeats[j] <- close[[which.max(abs(related[close, j]))]]
  }
  j <- which(!is.na(repeats))
  data.frame(feature = colnames(x)[j], reason = sprintf(
    "repeats %s (correlation %.3f)", colnames(x)[repeats[j]], related[cbind(repeats[j], j)]
  ))
}

scaler_notices <- function(dropped) {
  if (nrow(dropped)) sprintf("feature %s is left out: %s.", dropped$feature, dropped$reason)
}
