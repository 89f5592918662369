# Drift: an item that has become easier, harder or less informative than in the bank.

#' Compare a recent window's estimates with the bank's.
#'
#' Effect: the root mean square difference of the two curves, weighted by normal(mean, sd). Significance:
#' Wald's test of log a and of the logit where the bank expects one half, with both estimates' errors and,
#' if `link` has a covariance, that of the line; p values adjusted by Benjamini and Hochberg (1995). (In b,
#' which divides by a, the errors of flat items have long tails: the test loses both its level and its
#' power.) An item is flagged that has both. Whether the drift persists in a second window is for the
#' caller.
#'
#' @param recent,bank data.frames with item, a, b, c, se_a, se_b, cov_ab, as `calibrate()` gives them. Items
#'   in both are compared. An error that is NA counts as 0 (a constant); where se_a is NA in both, the logit
#'   alone is tested.
#' @param link NULL if both are on one scale, or the line from the recent scale to the bank's: A, B and (NULL
#'   for none) covariance, as from `link_scales()`.
#' @param mean,sd Of the learners, on the bank's scale.
#' @param min_effect Smallest root mean square difference of curves that matters.
#' @param level False discovery rate.
#' @return data.table, one row per common item: item; delta_log_a and delta_b (recent minus bank); signed_area
#'   and unsigned_area between the curves, recent minus bank (Raju 1988); rmsd, the effect; wald, df, p_value,
#'   q_value; is_flagged; reason (easier, harder, steeper, flatter; NA if not flagged).
drift <- function(recent, bank, link = NULL, mean = 0, sd = 1, min_effect = 0.05, level = 0.05) {
  recent <- as.data.table(recent)
  bank <- as.data.table(bank)
  common <- intersect(recent$item, bank$item)
  if (length(common) == 0L) invalid("recent and bank have no item in common.")
  check_drift_table(recent, "recent")
  check_drift_table(bank, "bank")
  before <- bank[match(common, bank$item)]
  raw <- recent[match(common, recent$item)]
  now <- if (is.null(link)) raw else as.data.table(apply_link(raw, link))
  now$c <- as.double(now$c)
  areas <- areas_between(now, before)
  test <- wald_test(now, before, raw, link)
  rmsd <- weighted_rmsd(now, before, mean, sd)
  q_value <- stats::p.adjust(test$p_value, "BH")
  flagged <- rmsd >= min_effect & q_value < level
  data.table(
    item = common, delta_log_a = test$delta_log_a, delta_b = test$delta_b, signed_area = areas$signed,
    unsigned_area = areas$unsigned, rmsd = rmsd, wald = test$wald, df = test$df, p_value = test$p_value,
    q_value = q_value, is_flagged = flagged, reason = ifelse(flagged, drift_reason(test), NA_character_)
  )
}

check_drift_table <- function(x, name) {
  needed <- c("item", "a", "b", "c", "se_a", "se_b", "cov_ab")
  absent <- setdiff(needed, names(x))
  if (length(absent)) invalid(sprintf("%s lacks %s.", name, some_of(absent)))
  again <- x$item[duplicated(x$item)]
  if (length(again)) invalid(sprintf("%s names item %s twice.", name, some_of(again)))
  if (!all(is.finite(x$a) & x$a > 0 & is.finite(x$b) & is.finite(x$c))) {
    invalid(sprintf("%s needs finite a above 0, b and c.", name))
  }
}

weighted_rmsd <- function(now, before, mean, sd) {
  nodes <- link_nodes(mean, sd)
  curves <- function(x) item_curves(nodes$theta, x$a, x$b, x$c)
  sqrt(colSums(nodes$weight * (curves(now) - curves(before))^2))
}

# Covariance of (log a, b): list(aa, ab, bb).
log_a_covariance <- function(x) {
  known <- function(value) ifelse(is.na(value), 0, as.double(value))
  list(aa = (known(x$se_a) / x$a)^2, ab = known(x$cov_ab) / x$a, bb = known(x$se_b)^2)
}

# What is tested: log a, recent less bank, and the logit of the recent curve at the bank's b, where the bank
# says 0: above 0 the item is easier now. With their covariance by the delta method: list(log_a, logit, aa,
# al, ll).
differences <- function(now, before) {
  log_a <- log(now$a) - log(before$a)
  logit <- now$a * (before$b - now$b)
  here <- log_a_covariance(now)
  there <- log_a_covariance(before)
  list(
    log_a = log_a, logit = logit, aa = here$aa + there$aa,
    al = logit * here$aa - now$a * (here$ab + there$ab),
    ll = logit^2 * here$aa - 2 * logit * now$a * here$ab + now$a^2 * (here$bb + there$bb)
  )
}

# Derivatives of the differences by the line's A and B. `raw`: the recent estimates before the line, whose b
# says how much an error in A matters.
by_line <- function(found, now, raw, line) {
  list(a_by_A = rep(-1 / line$A, nrow(raw)), l_by_A = -found$logit / line$A - now$a * raw$b, l_by_B = -now$a)
}

#' The error of a line that maximum likelihood ties to a bank, as the group's mean and sd with anchors fixed.
#'
#' Each anchor informs about the line as far as its difference from the bank is known (generalised least
#' squares); what the group's sample has in common is in the line and in the free estimates, and is no error.
#'
#' @param recent,bank The anchors' estimates on both scales, as for `drift()`, row by row.
#' @param line list(A, B) from the recent scale to the bank's.
#' @return Covariance of (A, B); NULL where the anchors do not determine it.
line_covariance <- function(recent, bank, line) {
  now <- as.data.frame(apply_link(recent, line))
  found <- differences(now, bank)
  by <- by_line(found, now, recent, line)
  # weights of log a and the logit: the inverse of each anchor's covariance; the logit's alone where a is
  # constant
  det <- with(found, aa * ll - al^2)
  weight <- with(found, list(aa = ifelse(aa > 0, ll / det, 0), al = ifelse(aa > 0, -al / det, 0),
                             ll = ifelse(aa > 0, aa / det, 1 / ll)))
  of <- function(a1, l1, a2, l2) {
    each <- with(weight, a1 * a2 * aa + (a1 * l2 + l1 * a2) * al + l1 * l2 * ll)
    sum(each[is.finite(each)])
  }
  mixed <- with(by, of(a_by_A, l_by_A, 0, l_by_B))
  information <- with(by, matrix(c(of(a_by_A, l_by_A, a_by_A, l_by_A), mixed, mixed,
                                   of(0, l_by_B, 0, l_by_B)), 2L))
  if (!all(is.finite(information)) || rcond(information) < 1e-12) return(NULL)
  solve(information)
}

wald_test <- function(now, before, raw, link) {
  found <- differences(now, before)
  if (!is.null(link$covariance)) {
    line <- link$covariance
    by <- by_line(found, now, raw, link)
    found$aa <- found$aa + by$a_by_A^2 * line[1L, 1L]
    found$al <- found$al + by$a_by_A * (by$l_by_A * line[1L, 1L] + by$l_by_B * line[1L, 2L])
    found$ll <- found$ll + by$l_by_A^2 * line[1L, 1L] + 2 * by$l_by_A * by$l_by_B * line[1L, 2L] +
      by$l_by_B^2 * line[2L, 2L]
  }
  both <- !(is.na(now$se_a) & is.na(before$se_a))
  joint <- with(found, (log_a^2 * ll - 2 * log_a * logit * al + logit^2 * aa) / (aa * ll - al^2))
  wald <- ifelse(both, joint, found$logit^2 / found$ll)
  df <- ifelse(both, 2L, 1L)
  list(delta_log_a = found$log_a, delta_b = now$b - before$b, wald = wald, df = df,
       p_value = stats::pchisq(wald, df, lower.tail = FALSE),
       z_a = ifelse(both, found$log_a / sqrt(found$aa), 0), z_b = -found$logit / sqrt(found$ll))
}

# The reason is named after the larger of the two standardised differences.
drift_reason <- function(test) {
  by_b <- ifelse(test$delta_b > 0, "harder", "easier")
  by_a <- ifelse(test$delta_log_a > 0, "steeper", "flatter")
  ifelse(abs(test$z_b) >= abs(test$z_a), by_b, by_a)
}
