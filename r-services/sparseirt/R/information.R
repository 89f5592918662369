# How much a set of items and its scores reveal about theta.

#' Fisher information of a set of items about theta.
#'
#' @param theta Numbers.
#' @param a,b,c Item parameters; `c` 0 for all by default.
#' @return The information at each theta: the sum over items of a^2 (Q / P) ((P - c) / (1 - c))^2 (Lord 1980).
test_information <- function(theta, a, b, c = rep(0, length(a))) {
  vapply(theta, function(one) {
    psi <- stats::plogis(a * (one - b))
    p <- c + (1 - c) * psi
    sum(a^2 * (1 - c) * stats::plogis(-a * (one - b)) / p * psi^2)
  }, 0)
}

#' Marginal reliability of EAP scores: the share of the variance of theta that the scores carry.
#'
#' @param theta_eap,se_eap As `score()` gives them.
#' @return var(EAP) / (var(EAP) + mean(SE^2)); NA for fewer than two learners (Adams 2005).
marginal_reliability <- function(theta_eap, se_eap) {
  explained <- stats::var(theta_eap)
  explained / (explained + mean(se_eap^2))
}
