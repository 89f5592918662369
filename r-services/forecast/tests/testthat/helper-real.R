# Gaps from the real answers, with a few of the covariates; the warehouse makes all of them in SQL.

real_days <- function(file) {
  answers <- utils::read.csv(gzfile(file), colClasses = "character")[c("user_id", "correct", "completed_at")]
  answers$day <- as.Date(substr(answers$completed_at, 1L, 10L))
  answers$correct <- as.integer(answers$correct)
  days <- stats::aggregate(cbind(n = 1L, correct) ~ user_id + day, answers[answers$day > "2017-05-01", ], sum)
  days[order(days$user_id, days$day), ]
}

real_gaps <- function(days, as_of) {
  n <- nrow(days)
  same_next <- c(days$user_id[-1L] == days$user_id[-n], FALSE)
  first <- c(TRUE, !same_next[-n])
  gap <- ifelse(same_next, c(as.integer(diff(days$day)), 0L), as.integer(as_of - days$day))
  rows <- data.frame(
    user_id = days$user_id, gap_started_on = days$day, observed_gap_days = as.integer(gap),
    returned = same_next, log_answers = log(days$n), accuracy = days$correct / days$n,
    is_first_day = as.integer(first),
    log_mean_gap = ifelse(first, NA, log(c(1, utils::head(gap, -1L))))
  )
  rows[rows$gap_started_on > as_of - 90, ]
}
