# How a run stays on the scale of the bank in force: anchors, the line between the scales, drift.

# Positions in `bank` of the items that may hold the scale: those fixed and answered; where nothing is fixed,
# all that are answered.
usable_anchors <- function(bank, answered) which(bank$item_id %in% answered & (bank$fixed | !any(bank$fixed)))

# Of `usable` those that the application prefers, if they are enough.
preferred_anchors <- function(bank, usable, fewest) {
  preferred <- usable[bank$is_preferred[usable]]
  if (length(preferred) >= fewest) preferred else usable
}

# Stocking and Lord's line from the free scale to the bank's by the items `anchors` (positions in `bank`),
# with the positions it rests on and those it dropped; list(refusal, n_unstable, anchors) when they are too
# few or too many of them are unstable.
found_link <- function(free, bank, anchors, min_anchors) {
  from <- free[match(bank$item_id[anchors], free$item_id), ]
  link <- tryCatch(
    sparseirt::link_scales(from, bank[anchors, ], min_anchors = min_anchors),
    too_few_anchors = function(cause) {
      list(refusal = conditionMessage(cause), n_unstable = cause$detail$n_unstable)
    }
  )
  link$anchors <- anchors
  link$unstable <- anchors[link$dropped]
  if (is.null(link$n_unstable)) link$n_unstable <- length(link$dropped)
  link
}

# Which of the items that may be fixed are unstable. Only items that the window knows well can be told from
# unstable ones: where errors differ much, only the surest would look stable. Twice the fewest anchors are
# needed, so that some may be dropped. NULL where the window knows too few.
stability <- function(free, bank, usable, min_anchors) {
  known <- usable[item_status(free[match(bank$item_id[usable], free$item_id), ]) == "operational"]
  if (length(known) < 2L * min_anchors) return(NULL)
  found_link(free, bank, preferred_anchors(bank, known, 2L * min_anchors), min_anchors)
}

NO_DRIFT <- data.frame(
  item_id = character(), a_bank = double(), b_bank = double(), c_bank = double(), a_recent = double(),
  b_recent = double(), c_recent = double(), area_signed = double(), area_unsigned = double(), rmsd = double(),
  effect_size = double(), p_value = double(), p_adjusted = double(), n = integer(), is_flagged = logical(),
  is_persistent = logical()
)

# Operational items of the bank against the free estimates of the window, on the scale of the bank.
# effect_size is the change of b in standard deviations of the learners. An item flagged here and in the
# window before drifts persistently.
drift_table <- function(free, bank, link, parameters) {
  common <- which(bank$status == "operational" & bank$item_id %in% free$item_id)
  if (length(common) == 0L) return(NO_DRIFT)
  recent <- free[match(bank$item_id[common], free$item_id), ]
  before <- bank[common, ]
  recent$item <- before$item <- seq_along(common)
  found <- sparseirt::drift(recent, before, link, mean = link$B, sd = link$A,
                            min_effect = parameters$drift_min_effect, level = parameters$drift_level)
  moved <- as.data.frame(sparseirt::apply_link(recent, link))
  data.frame(
    item_id = before$item_id, a_bank = before$a, b_bank = before$b, c_bank = before$c, a_recent = moved$a,
    b_recent = moved$b, c_recent = moved$c, area_signed = found$signed_area,
    area_unsigned = found$unsigned_area, rmsd = found$rmsd, effect_size = found$delta_b / link$A,
    p_value = found$p_value, p_adjusted = found$q_value, n = recent$n_responses,
    is_flagged = found$is_flagged, is_persistent = found$is_flagged & before$was_flagged
  )
}
