# From features in their natural units to the space in which distances are taken. What is done to a row is
# written down in the scaler, so that a stored model does the same to a row it never saw.

WINSOR_BOUND <- 3 # robust standard deviations from the outermost hump
WINSOR_SHARE <- 0.05
NORMAL_WINSORISED_SD <- 0.9117 # of a standard normal, both outer 5% winsorised

transform_of <- function(name) if (name %in% LOG_FEATURES) "log1p" else "identity"

transformed <- function(x, transform) if (transform == "log1p") log1p(x) else as.double(x)

# data.frame(feature, transform, center, scale, bound, n_missing, reason (NA: usable)), one row per feature.
scaling_rules <- function(features, rows) {
  none <- data.frame(feature = character(), transform = character(), center = double(), scale = double(),
                     bound = double(), n_missing = integer(), reason = character())
  do.call(rbind, c(list(none), lapply(features, function(name) scaling_rule(name, rows[[name]]))))
}

# The origin is the median. The scale is the spread within humps (segments_humps.R), and the bounds lie beyond
# the outermost of them.
scaling_rule <- function(name, x) {
  known <- transformed(x[!is.na(x)], transform_of(name))
  varies <- length(known) > 0L && robust_scale(known) > 0
  reason <- if (length(known) < LEAST_KNOWN_SHARE * length(x)) {
    sprintf("known of %d of %d learners only", length(known), length(x))
  } else if (!varies) {
    "constant, or the same for nine learners in ten"
  } else {
    NA_character_
  }
  center <- if (length(known)) stats::median(known) else NA_real_
  humps <- if (varies) hump_centers(known) else center
  scale <- if (varies) robust_scale(known - humps) else 0
  if (varies && scale == 0) { # humps without a spread, such as two values
    humps <- center
    scale <- robust_scale(known)
  }
  data.frame(feature = name, transform = transform_of(name), center = center, scale = scale,
             bound = WINSOR_BOUND + if (varies) max(abs(humps - center)) / scale else 0,
             n_missing = length(x) - length(known), reason = reason)
}

# The standard deviation after the outer 5% on each side were moved to where they begin, as a normal
# distribution has it. A MAD would not do: where half of the learners share one value (efficiency 0) it is
# 0 or nearly so, and every other learner would stand at the bounds. 0 where nine learners in ten share
# one value.
robust_scale <- function(x) {
  ends <- stats::quantile(x, c(WINSOR_SHARE, 1 - WINSOR_SHARE), names = FALSE)
  if (length(x) < 2L || ends[2L] - ends[1L] <= 1e-9 * max(1, abs(ends))) return(0)
  stats::sd(pmin(pmax(x, ends[1L]), ends[2L])) / NORMAL_WINSORISED_SD
}

# Matrix of rows x features: (value - median) / scale, cut at the bounds; NA where a value is not known.
scaled_values <- function(scaler, rows) {
  columns <- lapply(seq_len(nrow(scaler)), function(j) {
    x <- rows[[scaler$feature[j]]]
    if (is.null(x)) x <- rep(NA_real_, nrow(rows))
    z <- (transformed(x, scaler$transform[j]) - scaler$center[j]) / scaler$scale[j]
    pmin(pmax(z, -scaler$bound[j]), scaler$bound[j])
  })
  matrix(as.double(unlist(columns)), nrow(rows), nrow(scaler), dimnames = list(NULL, scaler$feature))
}

# The natural value of a place on the scale, of one feature per row of the scaler.
natural_values <- function(scaler, z) {
  value <- scaler$center + scaler$scale * z
  ifelse(scaler$transform == "log1p", expm1(value), value)
}
