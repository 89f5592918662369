# What makes an item doubtful: it copies another one, depends on one, is keyed wrongly, can be guessed.

# From this adjusted Q3 on two items are one question: half of what ability leaves open is common to both
# (with 70% of answers copied). A calibration would follow the pair instead of ability, and at 95% not
# converge.
COPY_Q3 <- 0.7
SURE_P <- 0.05  # of a pair, for all pairs together
DEPENDENT_Q3 <- 0.2  # Christensen, Makransky and Horton (2017)

#' Items that repeat another one, before anything is calibrated.
#'
#' Abilities and difficulties come from the shares of right answers alone (a = 1), so copies cannot hide
#' themselves.
#'
#' @param window As from calibration_answers(). `ids`: of its items. `known`: ids of items in the bank.
#' @return data.frame: item_id, that is left out of the calibration; kept, its twin; q3 and n. The twin is the
#'   one in the bank, else that with more answers, else the first by id.
repeated_items <- function(window, ids, known) {
  n <- tabulate(window$item, length(ids))
  right <- tabulate(window$item[window$right == 1L], length(ids))
  rough <- list(a = rep(1, length(ids)), b = -stats::qlogis((right + 0.5) / (n + 1)), c = rep(0, length(ids)))
  score <- sparseirt::score(window$learner, window$item, window$right, rough, threads = THREADS)
  theta <- replace(rep(NA_real_, window$n_learners), score$group, score$theta_eap)
  found <- sparseirt::adjusted_q3(window$learner, window$item, window$right, rough, theta,
                                  worst = length(ids), threads = THREADS)
  pairs <- found$pairs[found$pairs$adjusted > COPY_Q3 & is_sure(found$pairs, found$n_pairs), ]
  rank <- order(order(!ids %in% known, -n, ids, method = "radix"))
  left_out <- kept <- used <- integer()
  for (i in seq_len(nrow(pairs))) {
    pair <- c(pairs$item_1[i], pairs$item_2[i])
    if (any(pair %in% left_out)) next
    left_out <- c(left_out, pair[which.max(rank[pair])])
    kept <- c(kept, pair[which.min(rank[pair])])
    used <- c(used, i)
  }
  data.frame(item_id = ids[left_out], kept = ids[kept], q3 = pairs$adjusted[used], n = pairs$n[used])
}

is_sure <- function(pairs, n_pairs) {
  z <- atanh(pmin(pairs$adjusted, 1 - 1e-9)) * sqrt(pairs$n - 3)
  stats::pnorm(z, lower.tail = FALSE) * n_pairs < SURE_P
}

# The window without the items `gone` (ids), under keys without gaps. Learners keep their keys.
without_items <- function(window, ids, gone) {
  if (length(gone) == 0L) return(window)
  stays <- which(!ids %in% gone)
  kept <- window$item %in% stays
  learners <- sort(unique(window$learner[kept]))
  list(learner = match(window$learner[kept], learners), item = match(window$item[kept], stays),
       right = window$right[kept], n_learners = length(learners), learners = window$learners[learners],
       items = window$items[stays])
}

# Fit of the items of this window at the current parameters, and what makes them doubtful; the other items
# keep what an earlier run found. `scored`: EAP and SD by user_id.
with_item_fit <- function(renewed, window, ids, group, dependence, users, scored) {
  place <- match(ids, renewed$item_id)
  items <- lapply(renewed[c("a", "b", "c")], `[`, place)
  fit <- sparseirt::item_fit(window$learner, window$item, window$right, items, mean = group[["mean"]],
                             sd = group[["sd"]], threads = THREADS)
  at <- match(users[window$learners], scored$user_id)
  rest <- sparseirt::rest_correlation(window$learner, window$item, window$right, items, scored$theta_eap[at],
                                      scored$se_eap[at])
  partner <- dependence$partners[match(ids, dependence$partners$item_id), ]
  text <- function(x) fitservice::number_text(replace(x, !is.finite(x), NA_real_))
  quoted <- ifelse(is.na(partner$partner), "null", vapply(partner$partner, fitservice::json_text, ""))
  renewed$item_fit[place] <- sprintf(
    paste0("{\"infit\":%s,\"outfit\":%s,\"rmsd\":%s,\"n\":%d,",
           "\"partner\":%s,\"q3\":%s,\"q3_n\":%s,\"q3_p\":%s,",
           "\"rest_r\":%s,\"rest_p\":%s,\"c_likely\":%s,\"c_gain\":%s}"),
    text(fit$infit), text(fit$outfit), text(fit$rmsd), fit$n, quoted, text(partner$q3), text(partner$n),
    text(partner$p), text(rest$r), text(rest$p), text(fit$c_likely), text(fit$c_gain)
  )
  renewed
}

# The pairs of items with the most correlated residuals, by adjusted Q3 (Yen 1984), at the current parameters,
# and each item's partner. Copies that were left out are their twins' partners.
local_dependence <- function(window, ids, renewed, users, scored, copies) {
  theta <- scored$theta_eap[match(users[window$learners], scored$user_id)]
  found <- sparseirt::adjusted_q3(window$learner, window$item, window$right,
                                  lapply(renewed[c("a", "b", "c")], `[`, match(ids, renewed$item_id)), theta,
                                  threads = THREADS)
  pairs <- as.data.frame(found$pairs)
  pairs$item_1 <- ids[pairs$item_1]
  pairs$item_2 <- ids[pairs$item_2]
  partners <- with(found$partners, data.frame(item_id = ids[item], partner = ids[partner], q3 = adjusted,
                                              n, p))
  of_copies <- data.frame(item_id = copies$kept, partner = copies$item_id, q3 = copies$q3, n = copies$n,
                          p = rep(0, nrow(copies)))
  partners <- rbind(of_copies, partners)
  list(mean_q3 = if (found$n_pairs > 0) found$mean_q3 else NA_real_, n_pairs = found$n_pairs,
       worst_pairs = pairs, partners = partners[!duplicated(partners$item_id), ])
}

copies_notice <- function(copies) {
  if (nrow(copies) == 0L) return(NULL)
  said <- sprintf("%s repeats %s (adjusted Q3 %.2f over %d learners)", copies$item_id, copies$kept, copies$q3,
                  copies$n)
  sprintf("%d items are left out of the calibration, because they repeat another one: %s.", nrow(copies),
          some_text(said))
}

dependence_notice <- function(dependence) {
  pairs <- dependence$worst_pairs
  pairs <- pairs[which(pairs$adjusted > DEPENDENT_Q3), ]
  pairs <- pairs[is_sure(pairs, dependence$n_pairs), ]
  if (nrow(pairs) == 0L) return(NULL)
  sprintf("%d pairs of items depend on each other beyond ability: %s.", nrow(pairs),
          some_text(sprintf("%s and %s (adjusted Q3 %.2f)", pairs$item_1, pairs$item_2, pairs$adjusted)))
}

some_text <- function(x, most = 5L) {
  paste0(paste(utils::head(x, most), collapse = "; "), if (length(x) > most) "; ...")
}
