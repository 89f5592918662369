# How a run stays on the scale of the current bank: anchors, the line between the scales, drift.

# Positions in `bank` of the items that may hold the scale: those fixed and answered; where nothing is fixed,
# all that are answered.
usable_anchors <- function(bank, answered) which(bank$item_id %in% answered & (bank$fixed | !any(bank$fixed)))

# Of `usable` those that the application prefers, if they are enough.
preferred_anchors <- function(bank, usable, fewest) {
  preferred <- usable[bank$is_preferred[usable]]
  if (length(preferred) >= fewest) preferred else usable
}

# Stocking and Lord's line from the free scale to the bank's by the items `anchors` (positions in `bank`),
# with the positions that it dropped; list(refusal, n_unstable) when too few are there or too many unstable.
found_link <- function(free, bank, anchors, min_anchors) {
  from <- free[match(bank$item_id[anchors], free$item_id), ]
  link <- tryCatch(
    sparseirt::link_scales(from, bank[anchors, ], min_anchors = min_anchors),
    too_few_anchors = function(cause) {
      list(refusal = conditionMessage(cause), n_unstable = cause$detail$n_unstable)
    }
  )
  link$unstable <- anchors[link$dropped]
  link
}

# Huynh and Meyer's (2010) bound on robust z, and the smallest difference in b or log a that matters.
UNSTABLE_Z <- 2.7
UNSTABLE_DIFFERENCE <- 0.05

# Of `anchors` (positions in `bank`) those whose free estimates, on the bank's scale by `line`, stand out.
# Each difference is divided by its standard error first: in a short window some items are known ten times
# better than others, and a common yardstick would find the least known unstable.
unstable_anchors <- function(free, bank, anchors, line) {
  recent <- free[match(bank$item_id[anchors], free$item_id), ]
  before <- bank[anchors, ]
  in_b <- line$A * recent$b + line$B - before$b
  in_log_a <- log(recent$a / line$A / before$a)
  se_b <- combined_error(line$A * recent$se_b, before$se_b)
  se_log_a <- combined_error(recent$se_a / recent$a, before$se_a / before$a)
  anchors[which(stands_out(in_b, se_b) | stands_out(in_log_a, se_log_a))]
}

combined_error <- function(x, y) sqrt(rowSums(cbind(x, y)^2, na.rm = TRUE))

# Differences that are all noise have a z of 1 or less, never more: hence the floor.
stands_out <- function(difference, error) {
  t <- ifelse(error > 0, difference / error, NA)
  spread <- max(0.74 * stats::IQR(t, na.rm = TRUE), 1, na.rm = TRUE)
  z <- (t - stats::median(t, na.rm = TRUE)) / spread
  !is.na(z) & abs(z) > UNSTABLE_Z & abs(difference) > UNSTABLE_DIFFERENCE
}

NO_DRIFT <- data.frame(
  item_id = character(), a_bank = double(), b_bank = double(), c_bank = double(), a_recent = double(),
  b_recent = double(), c_recent = double(), area_signed = double(), area_unsigned = double(), rmsd = double(),
  effect_size = double(), p_value = double(), p_adjusted = double(), n = integer(), is_flagged = logical(),
  is_persistent = logical()
)

# Operational items of the bank against the free estimates of the window, on the scale of the bank. `group`:
# mean and sd of the learners there; effect_size is the change of b in their sd. An item flagged here and in
# the window before drifts persistently.
drift_table <- function(free, bank, link, group, parameters) {
  common <- which(bank$status == "operational" & bank$item_id %in% free$item_id)
  if (length(common) == 0L) return(NO_DRIFT)
  recent <- free[match(bank$item_id[common], free$item_id), ]
  before <- bank[common, ]
  recent$item <- before$item <- seq_along(common)
  found <- sparseirt::drift(recent, before, link, mean = group[["mean"]], sd = group[["sd"]],
                            min_effect = parameters$drift_min_effect, level = parameters$drift_level)
  moved <- as.data.frame(sparseirt::apply_link(recent, link))
  data.frame(
    item_id = before$item_id, a_bank = before$a, b_bank = before$b, c_bank = before$c, a_recent = moved$a,
    b_recent = moved$b, c_recent = moved$c, area_signed = found$signed_area,
    area_unsigned = found$unsigned_area, rmsd = found$rmsd, effect_size = found$delta_b / group[["sd"]],
    p_value = found$p_value, p_adjusted = found$q_value, n = recent$n_responses,
    is_flagged = found$is_flagged, is_persistent = found$is_flagged & before$was_flagged
  )
}
