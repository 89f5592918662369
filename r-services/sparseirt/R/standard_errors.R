# Standard errors of item parameters: per item, the cross-product of the learners' scores (the posterior means
# of d log P) estimates the information in the answers (Louis 1982); the priors' curvature is added.

SE_FORM <- paste(
  "block: a 2 x 2 or 3 x 3 information matrix per item (cross-product of the learners' scores, plus priors);",
  "the common uncertainty of scale and location is left out, which matters for dense data of few items"
)

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

# Inverse of each item's matrix by cofactors: list(aa, ad, dd, cc, positive).
invert_blocks <- function(info) {
  with(info, {
    det_dc <- dd * cc - dc^2
    det <- aa * det_dc - ad * (ad * cc - dc * ac) + ac * (ad * dc - dd * ac)
    positive <- is.finite(det) & cc > 0 & det_dc > 0 & det > 0
    list(aa = det_dc / det, ad = -(ad * cc - ac * dc) / det, dd = (aa * cc - ac^2) / det,
         cc = (aa * dd - ad^2) / det, positive = positive)
  })
}

# Sampling variance of log a by the answers alone, d and c estimated along.
log_a_variance <- function(cross, state, free, priors) {
  priors$log_a <- NULL
  inverse <- invert_blocks(item_information(cross, state, free, priors))
  ifelse(inverse$positive, inverse$aa / state$a^2, Inf)
}

# data.frame(se_a, se_b, se_c, cov_ab, positive), by the delta method for b = -d / a. NA for what is fixed.
standard_errors <- function(cross, state, free, priors) {
  inverse <- invert_blocks(item_information(cross, state, free, priors))
  a <- state$a
  b <- -state$d / a
  var_a <- ifelse(free >= 2L, inverse$aa, 0)
  cov_ad <- ifelse(free >= 2L, inverse$ad, 0)
  var_b <- (inverse$dd + b^2 * var_a + 2 * b * cov_ad) / a^2
  root <- function(variance, known) sqrt(ifelse(known & inverse$positive & variance > 0, variance, NA))
  known <- free >= 1L & inverse$positive
  data.frame(
    se_a = root(var_a, free >= 2L), se_b = root(var_b, free >= 1L), se_c = root(inverse$cc, free >= 3L),
    cov_ab = ifelse(known, -(cov_ad + b * var_a) / a, NA), positive = inverse$positive | free == 0L
  )
}
