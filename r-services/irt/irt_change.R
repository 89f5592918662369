# What a learner's answers of four weeks say of the newest two weeks, and of the change since the two before.

# The model: theta of the weeks before ~ N(level, spread) over learners, the change to the recent weeks ~
# N(drift, changes) within a learner. The answers of two weeks are scored together; they enter as the normal
# likelihood that, with the prior, gives their EAP and SD (as those of topics, irt_topics.R). All four numbers
# are estimated from the school's learners. A difference of two estimates alone would be mostly error: two
# weeks of a learner are known to about a standard deviation, and learners change by a few hundredths of one.

WINDOW_WEEKS <- 2L

# Priors of the four numbers, in SDs of the group: they decide only where few learners answered in both
# windows.
LIKELY_CHANGE <- 0.3  # scale of the drift and of the SD of changes
LOG_SPREAD_SD <- 0.5  # of the log of the SD of abilities
CHANGE_SD_RANGE <- c(0.01, 3)

NO_CHANGES <- data.frame(
  user_id = character(), week_start = as.Date(character()), n = integer(), n_before = integer(),
  theta = double(), se = double(), change = double(), change_se = double()
)

#' Abilities of the newest two weeks and changes since the two weeks before.
#'
#' @param answers As from keyed_answers(). `items`: item_id, a, b, c. `group`: c(mean, sd) of theta a priori.
#' @param as_of Day of the newest week; NULL: the newest week that has an answer.
#' @return list(model: level, drift, the mean change, sd, that of abilities, change_sd, that of true changes,
#'   gain, the log-likelihood less that of no change in anybody, n_both, the learners with answers in both
#'   windows; rows, the landing rows: posterior mean and SD of theta over the newest two weeks, and of the
#'   change where the learner answered in the two before).
ability_changes <- function(answers, items, group, as_of = NULL) {
  windows <- scored_windows(answers, items, group, as_of)
  if (is.null(windows)) return(list(model = NULL, rows = NO_CHANGES))
  said <- window_likelihoods(windows, group)
  model <- change_model(said)
  found <- change_posteriors(model, said)
  now <- model[["level"]] + model[["drift"]] + found$before + found$change
  is_paired <- windows$n > 0L & windows$n_before > 0L
  rows <- data.frame(
    windows[c("user_id", "week_start", "n", "n_before")],
    theta = group[["mean"]] + group[["sd"]] * now, se = group[["sd"]] * found$now_sd,
    change = ifelse(is_paired, group[["sd"]] * (model[["drift"]] + found$change), NA),
    change_se = ifelse(is_paired, group[["sd"]] * found$change_sd, NA)
  )[windows$n > 0L, ]
  numbers <- c("theta", "se", "change", "change_se")
  rows[numbers] <- lapply(rows[numbers], fitservice::six_decimals)
  list(model = described_model(model, said, group, sum(is_paired)), rows = rows)
}

monday_of <- function(day) day - (as.integer(format(day, "%u")) - 1L)

# One row per learner with an answer in the four weeks: n and EAP of each window, 0 and NA where it is empty.
scored_windows <- function(answers, items, group, as_of) {
  place <- match(answers$items, items$item_id)
  known <- which(answers$is_scored & !is.na(place[answers$item]) & !is.na(answers$week))
  if (is.null(answers$week) || length(known) == 0L) return(NULL)
  newest <- if (is.null(as_of)) max(answers$weeks) else monday_of(as_of)
  age <- as.integer(newest - answers$weeks[answers$week[known]]) %/% (7L * WINDOW_WEEKS)
  known <- known[age %in% 0:1]
  if (length(known) == 0L) return(NULL)
  learners <- sort(unique(answers$learner[known]))
  number <- 2L * match(answers$learner[known], learners) - as.integer(age[age %in% 0:1] == 0L)
  score <- as.data.frame(as_service_errors(sparseirt::score(
    answers$learner[known], answers$item[known], answers$right[known],
    lapply(items[c("a", "b", "c")], `[`, place), group = number, mean = group[["mean"]], sd = group[["sd"]],
    threads = THREADS
  )))
  at <- function(column, empty, window) {
    both <- replace(rep(empty, 2L * length(learners)), score$group, score[[column]])
    both[if (window == "now") c(TRUE, FALSE) else c(FALSE, TRUE)]
  }
  data.frame(user_id = answers$users[learners], week_start = newest,
             n = at("n", 0L, "now"), n_before = at("n", 0L, "before"),
             theta_now = at("theta_eap", NA_real_, "now"), se_now = at("se_eap", NA_real_, "now"),
             theta_before = at("theta_eap", NA_real_, "before"), se_before = at("se_eap", NA_real_, "before"))
}

# Precision and weighted value of each window's likelihood in SDs of the group about its mean; 0 where empty.
window_likelihoods <- function(windows, group) {
  said <- function(theta, se) {
    found <- topic_likelihoods(data.frame(user_id = windows$user_id, theta_eap = theta, se_eap = se), group)
    list(precision = ifelse(is.na(theta), 0, found$precision * group[["sd"]]^2),
         weighted = ifelse(is.na(theta), 0, found$weighted * group[["sd"]]))
  }
  now <- said(windows$theta_now, windows$se_now)
  before <- said(windows$theta_before, windows$se_before)
  list(p_now = now$precision, v_now = now$weighted, p_before = before$precision, v_before = before$weighted)
}

# Posterior means and SDs, up to the model's means: of theta before, of the change and of theta now.
change_posteriors <- function(model, said) {
  changes <- model[["change_sd"]]^2
  spread <- model[["sd"]]^2
  rest_before <- said$v_before - said$p_before * model[["level"]]
  rest_now <- said$v_now - said$p_now * (model[["level"]] + model[["drift"]])
  shrunk <- 1 + changes * said$p_now
  precision <- said$p_before + said$p_now / shrunk
  variance <- spread / (1 + spread * precision)
  before <- variance * (rest_before + rest_now / shrunk)
  share <- changes * said$p_now / shrunk
  residual <- (rest_now - said$p_now * before) / shrunk
  list(before = before, change = changes * residual, residual = residual, shrunk = shrunk,
       precision = precision, rest_now = rest_now, rest_before = rest_before, variance = variance,
       share = share,
       change_sd = sqrt(changes / shrunk + share^2 * variance),
       now_sd = sqrt(changes / shrunk + (1 - share)^2 * variance))
}

# Log-likelihood of the four numbers up to a constant, with its gradient by level, drift, log sd, log
# change_sd (Fisher's identity: the posterior mean of the gradient given the abilities).
change_loglik <- function(model, said) {
  spread <- model[["sd"]]^2
  changes <- model[["change_sd"]]^2
  now <- model[["level"]] + model[["drift"]]
  found <- change_posteriors(model, said)
  sums <- found$rest_before + found$rest_now / found$shrunk
  value <- sum(said$v_before * model[["level"]] - said$p_before * model[["level"]]^2 / 2 +
                 said$v_now * now - said$p_now * now^2 / 2) -
    0.5 * sum(log(found$shrunk) + log1p(spread * found$precision) -
                found$variance * sums^2 - changes * found$rest_now^2 / found$shrunk)
  gradient <- c(
    level = sum(found$before) / spread, drift = sum(found$residual),
    log_sd = sum(found$before^2 / spread - found$variance * found$precision),
    log_change_sd = sum(changes * found$residual^2 - found$share + found$share^2 * found$variance / changes)
  )
  list(value = value, gradient = gradient)
}

# The four numbers: the mode of their posterior, in SDs of the group.
change_model <- function(said) {
  named <- function(at) {
    c(level = at[[1L]], drift = at[[2L]], sd = exp(at[[3L]]), change_sd = exp(at[[4L]]))
  }
  prior_sd <- c(1, LIKELY_CHANGE, LOG_SPREAD_SD)
  minus <- function(at) {
    found <- change_loglik(named(at), said)
    change <- exp(at[4L]) / LIKELY_CHANGE
    list(value = sum((at[1:3] / prior_sd)^2) / 2 + change^2 / 2 - found$value,
         gradient = c(at[1:3] / prior_sd^2, change^2) - found$gradient)
  }
  found <- stats::optim(c(0, 0, 0, log(LIKELY_CHANGE)), function(at) minus(at)$value,
                        function(at) minus(at)$gradient, method = "L-BFGS-B",
                        lower = c(-5, -3, -3, log(CHANGE_SD_RANGE[1L])),
                        upper = c(5, 3, 3, log(CHANGE_SD_RANGE[2L])))
  named(found$par)
}

# The model on the scale of theta, for `metrics`.
described_model <- function(model, said, group, n_both) {
  none <- replace(model, c("drift", "change_sd"), c(0, CHANGE_SD_RANGE[1L]))
  list(level = group[["mean"]] + group[["sd"]] * model[["level"]], drift = group[["sd"]] * model[["drift"]],
       sd = group[["sd"]] * model[["sd"]], change_sd = group[["sd"]] * model[["change_sd"]],
       gain = change_loglik(model, said)$value - change_loglik(none, said)$value, n_both = n_both)
}
