# Drift: an item that has become easier, harder or less informative than in the bank.

#' Compare a recent window's estimates with the bank's.
#'
#' Effect: the root mean square difference of the two curves, weighted by normal(mean, sd). Significance:
#' Wald's test of (log a, b) with both estimates' errors and, if `link` is given, that of the line; p values
#' adjusted by Benjamini and Hochberg (1995). An item is flagged that has both. Whether the drift persists in
#' a second window is for the caller.
#'
#' @param recent,bank data.frames with item, a, b, c, se_a, se_b, cov_ab, as `calibrate()` gives them. Items
#'   in both are compared. An error that is NA counts as 0 (a constant); where se_a is NA in both, b alone is
#'   tested.
#' @param link NULL if both are on one scale, or what `link_scales()` found from the recent scale to the
#'   bank's.
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

# `raw`: the recent estimates before the link, whose b says how much an error in A matters.
wald_test <- function(now, before, raw, link) {
  here <- log_a_covariance(now)
  there <- log_a_covariance(before)
  total <- Map(`+`, here, there)
  if (!is.null(link$covariance)) {
    line <- link$covariance
    total$aa <- total$aa + line[1L, 1L] / link$A^2
    total$ab <- total$ab - (raw$b * line[1L, 1L] + line[1L, 2L]) / link$A
    total$bb <- total$bb + raw$b^2 * line[1L, 1L] + 2 * raw$b * line[1L, 2L] + line[2L, 2L]
  }
  delta_a <- log(now$a) - log(before$a)
  delta_b <- now$b - before$b
  both <- !(is.na(now$se_a) & is.na(before$se_a))
  det <- total$aa * total$bb - total$ab^2
  joint <- (delta_a^2 * total$bb - 2 * delta_a * delta_b * total$ab + delta_b^2 * total$aa) / det
  wald <- ifelse(both, joint, delta_b^2 / total$bb)
  df <- ifelse(both, 2L, 1L)
  list(delta_log_a = delta_a, delta_b = delta_b, wald = wald, df = df,
       p_value = stats::pchisq(wald, df, lower.tail = FALSE),
       z_a = ifelse(both, delta_a / sqrt(total$aa), 0), z_b = delta_b / sqrt(total$bb))
}

# The reason is named after the larger of the two standardised differences.
drift_reason <- function(test) {
  by_b <- ifelse(test$delta_b > 0, "harder", "easier")
  by_a <- ifelse(test$delta_log_a > 0, "steeper", "flatter")
  ifelse(abs(test$z_b) >= abs(test$z_a), by_b, by_a)
}
