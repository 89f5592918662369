# Data with too little information are refused with the numbers, before anything is fitted.

FEWEST_LEARNERS <- 10L  # with two weeks or more; below that the spread between learners is the prior's
FEWEST_WEEKS <- 3L      # different ones; two cannot separate growth from a good week
SMALLEST_SPREAD <- 1e-9 # of the scores' own size

# Raises NOT_ESTIMABLE. rows: see keyed_scores().
check_estimable <- function(rows) {
  facts <- facts_of(rows)
  refuse <- function(sentence) fitservice::stop_service("NOT_ESTIMABLE", sentence, facts)
  if (facts$n_rows == 0L) refuse("There are no scores.")
  if (!(facts$sd_of_scores > SMALLEST_SPREAD *
        max(1, abs(facts$mean_score)))) refuse("All scores are the same.")
  if (facts$n_weeks < FEWEST_WEEKS) {
    refuse(sprintf("The scores are of %d week%s; growth needs at least %d.", facts$n_weeks,
                   if (facts$n_weeks == 1L) "" else "s", FEWEST_WEEKS))
  }
  if (facts$n_learners_with_2_weeks < FEWEST_LEARNERS) {
    refuse(sprintf("%d learners have scores in two weeks or more; at least %d are needed.",
                   facts$n_learners_with_2_weeks, FEWEST_LEARNERS))
  }
  if (facts$n_learners_measured < FEWEST_LEARNERS) {
    refuse(sprintf(paste("%d learners have two weeks or more with a standard error no larger than the",
                         "standard deviation of all scores (%.4g); at least %d are needed. Larger errors",
                         "than the scores differ by are uninformative, or wrong."),
                   facts$n_learners_measured, facts$sd_of_scores, FEWEST_LEARNERS))
  }
  if (!facts$has_errors) check_noise(rows, facts, refuse)
}

# A score whose error is as large as the spread of all scores carries less about a learner than the population
# does. The spread of all scores includes the errors, so correct errors are smaller in the mean square.
facts_of <- function(rows) {
  spread <- if (length(rows$score) > 1L) stats::sd(rows$score) else 0
  with_weeks <- function(counted, n) sum(tabulate(rows$learner[counted]) >= n)
  measured <- if (is.null(rows$se)) rep(TRUE, length(rows$score)) else rows$se <= spread
  list(
    n_rows = length(rows$score), n_learners = length(unique(rows$learner)),
    n_weeks = length(unique(rows$week)),
    n_learners_with_2_weeks = with_weeks(TRUE, 2L), n_learners_with_3_weeks = with_weeks(TRUE, 3L),
    n_learners_measured = with_weeks(measured,
                                     2L), mean_score = mean_or_null(rows$score), sd_of_scores = spread,
    median_se = if (length(rows$se)) stats::median(rows$se), has_errors = any(rows$se > 0),
    needed = list(learners_with_2_weeks = FEWEST_LEARNERS, weeks = FEWEST_WEEKS)
  )
}

mean_or_null <- function(x) if (length(x)) mean(x)

# Without errors of measurement sigma is all the noise there is: it needs learners with three weeks, off their
# lines.
check_noise <- function(rows, facts, refuse) {
  if (facts$n_learners_with_3_weeks < FEWEST_LEARNERS) {
    refuse(sprintf(paste("Without standard errors the noise shows in learners with three weeks or more:",
                         "there are %d, at least %d are needed."),
                   facts$n_learners_with_3_weeks, FEWEST_LEARNERS))
  }
  rest <- own_lines(rows)$rest
  if (sqrt(mean(rest^2)) <= SMALLEST_SPREAD * facts$sd_of_scores) {
    refuse("Every learner's scores lie exactly on a straight line; there is no noise to estimate.")
  }
}

# Each learner's own least-squares line: list(level, slope (NA for one week) by learner with rows; rest by
# row).
own_lines <- function(rows) {
  x <- if (is.null(rows$x)) as.double(rows$week) else rows$x
  group <- match(rows$learner, unique(rows$learner))
  n <- tabulate(group)
  mean_of <- function(value) rowsum(value, group, reorder = FALSE)[, 1L] / n
  level <- mean_of(rows$score)
  off <- x - mean_of(x)[group]
  spread <- rowsum(off^2, group, reorder = FALSE)[, 1L]
  product <- rowsum(off * (rows$score - level[group]), group, reorder = FALSE)[, 1L]
  slope <- product / ifelse(spread > 0, spread, NA)
  rest <- rows$score - level[group] - off * ifelse(is.na(slope), 0, slope)[group]
  list(level = unname(level), slope = unname(slope), rest = rest)
}
