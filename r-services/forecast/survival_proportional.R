# Are effects the same on every day of a gap? The scaled Schoenfeld test and its remedy.

PH_LEVEL <- 0.05
# Where an effect may change: most learners who come back soon do so within three days, and those who do
# not are another kind of absence. On real answers one change after day 3 did best of 1, 3, 7 and pairs.
EFFECT_CHANGE_DAY <- 3L

# Per term the score test of an effect that changes with g(t) = 1 - Kaplan-Meier just before t (Grambsch and
# Therneau 1994; the same numbers as survival::cox.zph, tested), and of all together.
proportional_hazards <- function(gaps, fitted) {
  days <- efron_days(gaps, 1L, fitted$estimate)
  n_ended <- vapply(gaps$blocks, function(block) nrow(block$x), 1L)
  at_risk <- from_day_on(sums_by_day(as.matrix(n_ended), days$spells$day, gaps$last_day))[days$day, ]
  kept <- cumprod(1 - days$n / at_risk)
  g <- 1 - c(1, kept[-length(kept)])
  score <- colSums(g * days$schoenfeld)
  crossed <- information_of(days, g)
  left <- information_of(days, g^2) - crossed %*% fitted$variance %*% crossed
  # no spread over time (all returns on one day) leaves nothing to test
  chisq <- known_or_na(score^2 / diag(left))
  whole <- known_or_na(tryCatch(sum(score * solve(left, score)), error = function(cause) NA_real_))
  list(terms = data.frame(term = colnames(gaps$blocks[[1L]]$x), chisq = chisq, p = chisq_p(chisq, 1L)),
       global_chisq = whole, global_df = length(score), global_p = chisq_p(whole, length(score)))
}

chisq_p <- function(chisq, df) stats::pchisq(chisq, df, lower.tail = FALSE)

# The remedy: terms that violate proportional hazards get a second effect after EFFECT_CHANGE_DAY, if
# there are returns enough on both sides to estimate it.
changing_terms <- function(rows, test) {
  if (!isTRUE(test$global_p < PH_LEVEL)) return(integer())
  violating <- which(test$terms$p < PH_LEVEL)
  late <- rows$observed_gap_days > EFFECT_CHANGE_DAY
  scarce <- min(sum(rows$returned[late]), sum(rows$returned[!late]))
  if (scarce < RIDGE_BELOW_RETURNS_PER_TERM * (nrow(test$terms) + length(violating))) return(integer())
  violating
}

remedy_text <- function(test, changing, terms) {
  if (is.na(test$global_p)) return("none: the test could not be computed")
  if (!isTRUE(test$global_p < PH_LEVEL)) return("none needed")
  if (length(changing)) {
    return(sprintf("time interaction: a second effect after day %d for %s", EFFECT_CHANGE_DAY,
                   paste(terms[changing], collapse = ", ")))
  }
  "none: too few returns to estimate effects that change with time; read the effects as averages over time"
}
