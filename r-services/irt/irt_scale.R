# How a run stays on the scale of the bank in force: anchors, the line between the scales, drift.

# Positions in `bank` of the items that may hold the scale: those fixed and answered; where nothing is fixed,
# all that are answered.
usable_anchors <- function(bank, answered) which(bank$item_id %in% answered & (bank$fixed | !any(bank$fixed)))

# Of `usable` those that the application prefers, if they are enough.
preferred_anchors <- function(bank, usable, fewest) {
  preferred <- usable[bank$is_preferred[usable]]
  if (length(preferred) >= fewest) preferred else usable
}

# The line from the free scale to the bank's by the items `anchors` (positions in `bank`), with those it rests
# on. Too few or unstable anchors: list(refusal, detail); fixed anchors then fail a gate, and a run that has
# only this line to go by is refused.
found_link <- function(free, bank, anchors, min_anchors) {
  from <- free[match(bank$item_id[anchors], free$item_id), ]
  link <- tryCatch(
    sparseirt::link_scales(from, bank[anchors, ], min_anchors = min_anchors),
    too_few_anchors = function(cause) list(refusal = conditionMessage(cause), detail = cause$detail)
  )
  link$anchors <- anchors
  link
}

# Fixed anchors hold the scale whether or not the window knows them well, but only items it does know can be
# told from unstable ones: where errors differ much, only the surest would look stable. Twice the fewest
# anchors are needed, so that some may be dropped; else mean and sd of the group with the anchors fixed
# are the line.
checked_link <- function(free, bank, usable, min_anchors, group_of) {
  known <- usable[item_status(free[match(bank$item_id[usable], free$item_id), ]) == "operational"]
  if (length(known) >= 2L * min_anchors) {
    return(found_link(free, bank, preferred_anchors(bank, known, 2L * min_anchors), min_anchors))
  }
  group <- group_of()
  list(A = group[["sd"]], B = group[["mean"]], method = "mean and sd of the group", anchors = integer(),
       notice = sprintf(paste("This window knows %d of %d anchors well; %d are needed to look for unstable",
                              "ones, so none was dropped."), length(known), length(usable), 2L * min_anchors))
}

require_link <- function(link, n_anchors, min_anchors) {
  if (is.null(link$refusal)) return(invisible(NULL))
  fitservice::stop_service(
    "NOT_ESTIMABLE", paste("The run cannot be tied to the scale of the bank.", link$refusal),
    list(n_anchors = n_anchors, n_needed = min_anchors, n_unstable = link$detail$n_unstable)
  )
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
  if (length(common) == 0L || !is.null(link$refusal)) return(NO_DRIFT)
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
