# Standard errors of item parameters. The cross-product of the learners' scores (the posterior means of d log
# P) estimates the information in the answers (Louis 1982); the priors' curvature is added. Banks small enough
# get the matrix of all parameters; of others a block per item, since what the blocks leave out, the common
# uncertainty of scale and location, fades with the number of answers beside those to the item.

SE_FORM <- c(
  full = "full: information of all parameters together (cross-product of the learners' scores, plus priors)",
  block = paste(
    "block: a 2 x 2 or 3 x 3 information matrix per item (cross-product of the learners' scores, plus",
    "priors); the common uncertainty of scale and location is left out"
  )
)
FULL_PARAMETERS <- 300
FULL_WORK <- 5e8

# Is the full matrix worth its time (about the square of a learner's parameters, summed over learners), and
# are there learners enough for its many cells?
full_is_affordable <- function(plan) {
  per_item <- if (plan$model == "3PL") 3 else 2
  work <- sum(plan$answers$n) * plan$answers$mean_length * per_item^2 / 2
  n_parameters <- per_item * length(plan$free)
  n_parameters <= FULL_PARAMETERS && 4 * n_parameters <= plan$answers$n_active && work <= FULL_WORK
}

# Columns aa, ad, dd, ac, dc, cc by item, in (a, d, c), of the answers and the priors.
item_information <- function(cross, state, free, priors) {
  info <- as.data.frame(t(cross))
  names(info) <- c("aa", "ad", "dd", "ac", "dc", "cc")
  prior <- precisions(priors)
  info$aa <- info$aa + prior[["log_a"]] / state$a^2
  info$dd <- info$dd + prior[["d"]]
  slope <- state$c * (1 - state$c)
  info$cc <- info$cc + ifelse(free == 3L, prior[["logit_c"]] / slope^2, 0)
  # what is not free: no covariance with the rest
  info$cc[free < 3L] <- 1
  info$ac[free < 3L] <- info$dc[free < 3L] <- 0
  info$aa[free < 2L] <- 1
  info$ad[free < 2L] <- 0
  info
}

# Inverse of each item's matrix by cofactors: list(aa, ad, dd, cc, det, positive).
invert_blocks <- function(info) {
  with(info, {
    det_dc <- dd * cc - dc^2
    det <- aa * det_dc - ad * (ad * cc - dc * ac) + ac * (ad * dc - dd * ac)
    positive <- is.finite(det) & cc > 0 & det_dc > 0 & det > 0
    list(aa = det_dc / det, ad = -(ad * cc - ac * dc) / det, dd = (aa * cc - ac^2) / det,
         cc = (aa * dd - ad^2) / det, det = det, positive = positive)
  })
}

# Sampling variance of log a by the answers alone, d and c estimated along. That of a slope below the
# prior's centre is taken there: near a = 0 the likelihood is no parabola in log a, and its curvature says
# nothing of how far the answers would let the slope go.
log_a_variance <- function(cross, state, free, priors) {
  centre <- exp(priors$log_a$mean)
  priors$log_a <- NULL
  inverse <- invert_blocks(item_information(cross, state, free, priors))
  ifelse(inverse$positive, inverse$aa / pmax(state$a, centre)^2, Inf)
}

# Covariances as invert_blocks() gives them, from the matrix of all free parameters; NULL if it is not
# positive definite. `full`: upper triangle, (a, d[, c]) item by item, then mean and sd of the group.
invert_full <- function(full, n_learners, state, free, priors, scale, centre_is_learned) {
  n_items <- length(free)
  per_item <- (nrow(full) - 2) / n_items
  parameter <- rep(seq_len(per_item), n_items)
  item <- rep(seq_len(n_items), each = per_item)
  needed <- c(2L, 1L, 3L)[parameter] # free[item] from which a, d, c is estimated
  kept <- which(c(free[item] >= needed, scale == "anchored", scale != "standard"))
  prior <- precisions(priors)
  slope <- (state$c * (1 - state$c))[item]
  own <- cbind(prior[["log_a"]] / state$a[item]^2, prior[["d"]], prior[["logit_c"]] / slope^2)
  own <- c(own[cbind(seq_along(item), parameter)], 0, 0)
  information <- full[kept, kept] + diag(own[kept], length(kept))
  if (centre_is_learned) {
    # the prior does not hold the mean of log a, which it follows
    mean_of <- ifelse(parameter == 1L, 1 / state$a[item], 0)
    information <- information - prior[["log_a"]] / n_items * tcrossprod(c(mean_of, 0, 0)[kept])
  }
  information[lower.tri(information)] <- t(information)[lower.tri(information)]
  values <- eigen(information, symmetric = TRUE, only.values = TRUE)$values
  if (min(values) <= 1e-12 * max(values)) return(NULL)
  covariance <- matrix(0, nrow(full), nrow(full))
  # the inverse of a cross-product of n vectors is too large by about n / (n - p - 1) (Hartlap et al. 2007)
  covariance[kept, kept] <- chol2inv(chol(information)) * (n_learners - length(kept) - 1) / n_learners
  first <- (seq_len(n_items) - 1) * per_item
  at <- function(p, q) covariance[cbind(first + p, first + q)]
  list(aa = at(1, 1), ad = at(1, 2), dd = at(2, 2), cc = if (per_item == 3) at(3, 3) else rep(NA, n_items),
       positive = rep(TRUE, n_items))
}

# list(form, table), the table with se_a, se_b, se_c, cov_ab and positive, by the delta method for b = -d / a.
# NA for what is fixed.
standard_errors <- function(cross, state, free, priors, scale, centre_is_learned) {
  inverse <- if (length(cross$full)) {
    invert_full(cross$full, cross$n_learners, state, free, priors, scale, centre_is_learned)
  }
  form <- if (is.null(inverse)) "block" else "full"
  if (is.null(inverse)) inverse <- invert_blocks(item_information(cross$by_item, state, free, priors))
  if (form == "block" && length(cross$full)) inverse$positive[] <- FALSE
  list(form = SE_FORM[[form]], table = item_errors(inverse, state, free))
}

item_errors <- function(inverse, state, free) {
  a <- state$a
  b <- -state$d / a
  var_a <- ifelse(free >= 2L, inverse$aa, 0)
  cov_ad <- ifelse(free >= 2L, inverse$ad, 0)
  var_b <- (inverse$dd + b^2 * var_a + 2 * b * cov_ad) / a^2
  root <- function(variance, known) sqrt(ifelse(known & variance > 0, variance, NA))
  known <- free >= 1L & inverse$dd > 0
  data.frame(
    se_a = root(var_a, free >= 2L), se_b = root(var_b, free >= 1L), se_c = root(inverse$cc, free >= 3L),
    cov_ab = ifelse(known, -(cov_ad + b * var_a) / a, NA), positive = inverse$positive | free == 0L
  )
}
