# Abilities with the current bank: by learner, by learner and week, by learner and topic, in one pass.

# EAPs are sums over nodes in [-SCORE_RANGE, SCORE_RANGE] (sparseirt::score). A prior that reaches beyond
# would be cut off there, and the posterior would look narrower than it is.
SCORE_RANGE <- 8
SDS_WITHIN_RANGE <- 4

check_prior_range <- function(group) {
  if (abs(group[["mean"]]) + SDS_WITHIN_RANGE * group[["sd"]] <= SCORE_RANGE) return(invisible())
  reason <- sprintf(
    "Abilities a priori have mean %.3g and sd %.3g. Scores range from -%g to %g; mean +- %g sd must too.",
    group[["mean"]], group[["sd"]], SCORE_RANGE, SCORE_RANGE, SDS_WITHIN_RANGE
  )
  fitservice::stop_service("NOT_ESTIMABLE", reason, as.list(group))
}

# list(learner, week, topic): data.frames with user_id, the other key, n, theta_eap, se_eap, theta_wle,
# se_wle; week and topic only where the answers name them. `items`: item_id, a, b, c.
scored_abilities <- function(answers, items, group) {
  check_prior_range(group)
  place <- match(answers$items, items$item_id)
  known <- which(answers$is_scored & !is.na(place[answers$item]))
  if (length(known) == 0L) {
    fitservice::stop_service("NOT_ESTIMABLE", "No answer that is to be scored is to an item of the bank.",
                             list(n_to_score = sum(answers$is_scored), n_items = nrow(items)))
  }
  keys <- grouping_keys(answers, known)
  scores <- as_service_errors(sparseirt::score(
    answers$learner[known], answers$item[known], answers$right[known],
    lapply(items[c("a", "b", "c")], `[`, place), group = lapply(keys, function(key) key$number),
    mean = group[["mean"]], sd = group[["sd"]], threads = THREADS
  ))
  Map(function(score, key) named_scores(score, key, answers), scores, keys)
}

# By grouping: `number`, the group of each answer from 1; `learner` and `other`, the keys behind the groups.
grouping_keys <- function(answers, known) {
  learner <- answers$learner[known]
  pairs <- function(other) {
    number <- data.table::frankv(list(learner, other), ties.method = "dense")
    first <- which(!duplicated(number))
    first <- first[order(number[first])]
    list(number = number, learner = learner[first], other = other[first])
  }
  learners <- sort(unique(learner))
  keys <- list(learner = list(number = match(learner, learners), learner = learners))
  if (!is.null(answers$week)) {
    keys$week <- c(pairs(absent_last(answers$week[known], answers$weeks)),
                   list(name = "week_start", values = answers$weeks))
  }
  if (!is.null(answers$topic)) {
    keys$topic <- c(pairs(absent_last(answers$topic[known], answers$topics)),
                    list(name = "topic_id", values = answers$topics))
  }
  keys
}

# Answers without the key form a group of their own, that is left out at the end.
absent_last <- function(keys, values) {
  keys[is.na(keys)] <- length(values) + 1L
  keys
}

# No ability is known to more than six decimals.
named_scores <- function(score, key, answers) {
  score <- as.data.frame(score)
  named <- data.frame(user_id = answers$users[key$learner[score$group]])
  if (!is.null(key$name)) named[[key$name]] <- key$values[key$other[score$group]]
  numbers <- lapply(score[c("theta_eap", "se_eap", "theta_wle", "se_wle")], fitservice::six_decimals)
  named <- cbind(named, n = score$n, as.data.frame(numbers))
  if (is.null(key$name)) return(named)
  named[!is.na(named[[key$name]]), ]
}

#' Score answers with a stored bank.
#'
#' @param tables item_params (item_id with params, or a, b, c) and observations, see prototype.R.
#' @param parameters mean and sd of theta a priori, for EAP; responses instead of observations.
#' @param progress Unused; scoring takes moments.
#' @return list(result(abilities and, where observations name weeks or topics, weekly_abilities and
#'   topic_abilities), tables of the same names, notices). Raises NOT_ESTIMABLE, INVALID_INPUT.
score_irt <- function(tables, parameters, progress = function(...) NULL) {
  bank <- read_bank(tables$item_params)
  answers <- keyed_answers(tables, parameters, bank$item_id)
  scores <- scored_abilities(answers, bank, c(mean = parameters$mean, sd = parameters$sd))
  table_names <- c(learner = "abilities", week = "weekly_abilities", topic = "topic_abilities")
  names(scores) <- table_names[names(scores)]
  list(result = scores, tables = scores, gates = NULL, notices = unknown_items_notice(answers, bank))
}

unknown_items_notice <- function(answers, bank) {
  unknown <- !answers$items %in% bank$item_id
  n <- sum(answers$is_scored & unknown[answers$item])
  if (n > 0L) sprintf("%d answers to %d items without parameters are not scored.", n, sum(unknown))
}
