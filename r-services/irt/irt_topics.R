# How much topics differ within a learner, and what is known of each topic given all of the learner's answers.

# The model: theta ~ N(mean, sd^2) over learners, a topic's deviation ~ N(0, spread) within a learner, and
# the answers in a topic follow theta + deviation. The answers of a topic are summarised by the normal
# likelihood that, with the prior, gives the topic's own EAP and SD (docs/adr/0009). theta is integrated out,
# so the error that all topics of a learner share is not taken for a difference between them.

LARGEST_TOPIC_SD <- 3  # of deviations, in standard deviations of the learners

#' Deviations of topics from their learner's ability.
#'
#' @param topics data.frame with user_id, theta_eap, se_eap: one row per learner and topic.
#' @param group c(mean, sd) of theta, the prior of the EAPs.
#' @return list(spread, the variance of deviations by maximum marginal likelihood; gain, its log-likelihood
#'   less that of no spread; n_topics, the rows that say anything; rows, a data.frame in the order of
#'   `topics`: deviation and deviation_se, theta_joint and se_joint, posterior means and SDs of the deviation
#'   and of theta + deviation).
topic_deviations <- function(topics, group) {
  said <- topic_likelihoods(topics, group)
  spread <- topic_spread(said, group[["sd"]])
  loglik <- function(spread) spread_loglik(spread, said, group[["sd"]])
  list(spread = spread, gain = loglik(spread) - loglik(0), n_topics = sum(said$precision > 0),
       rows = topic_posteriors(spread, said, group))
}

# By row: learner (from 1), precision, and weighted: the value about the group's mean times its precision. A
# posterior as wide as the prior says nothing.
topic_likelihoods <- function(topics, group) {
  precision <- pmax(0, 1 / topics$se_eap^2 - 1 / group[["sd"]]^2)
  weighted <- (topics$theta_eap - group[["mean"]]) / topics$se_eap^2
  list(learner = match(topics$user_id, unique(topics$user_id)), precision = precision,
       weighted = ifelse(precision > 0, weighted, 0))
}

by_learner <- function(x, learner) as.vector(rowsum(x, learner, reorder = TRUE))

# Maximum of the marginal likelihood. It is looked for by standard deviation: the scale on which it is smooth.
topic_spread <- function(said, sd) {
  if (length(said$learner) == 0L) return(0)
  loglik <- function(deviation_sd) spread_loglik(deviation_sd^2, said, sd)
  found <- stats::optimize(loglik, c(0, LARGEST_TOPIC_SD * sd), maximum = TRUE, tol = 1e-5)
  if (found$objective > loglik(0)) found$maximum^2 else 0
}

# Log-likelihood of the variance `spread`, up to a constant: the values of a learner's topics are normal with
# variance sd^2 in common and spread + 1 / precision each; the matrix is inverted by Sherman and Morrison.
spread_loglik <- function(spread, said, sd) {
  used <- said$precision > 0
  if (!any(used)) return(0)
  shrunk <- 1 + spread * said$precision[used]
  weighted <- said$weighted[used] / shrunk
  squares <- said$weighted[used]^2 / (said$precision[used] * shrunk)
  sums <- rowsum(cbind(said$precision[used] / shrunk, weighted), said$learner[used])
  common <- 1 + sd^2 * sums[, 1L]
  -0.5 * (sum(log(shrunk)) + sum(log(common)) + sum(squares) - sum(sd^2 * sums[, 2L]^2 / common))
}

topic_posteriors <- function(spread, said, group) {
  shrunk <- 1 + spread * said$precision
  weight <- said$precision / shrunk
  variance <- 1 / (1 / group[["sd"]]^2 + by_learner(weight, said$learner))
  theta <- variance * by_learner(said$weighted / shrunk, said$learner)
  alone <- spread / shrunk  # variance of the deviation if theta were known
  deviation <- alone * (said$weighted - said$precision * theta[said$learner])
  shared <- variance[said$learner]
  data.frame(deviation = deviation, deviation_se = sqrt(alone + (spread * weight)^2 * shared),
             theta_joint = group[["mean"]] + theta[said$learner] + deviation,
             se_joint = sqrt(alone + (1 - spread * weight)^2 * shared))
}
