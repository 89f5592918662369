# Gaps from the real answers, with a few of the covariates; the warehouse makes all of them in SQL.

real_days <- function(file) {
  kinds <- c(user_id = "character", correct = "integer", completed_at = "character")
  answers <- data.table::fread(cmd = paste("gzip -dc", shQuote(file)), select = kinds)
  days <- data.frame(answers[, 1:2], day = substr(answers$completed_at, 1L, 10L), n = 1L)
  days <- days[days$day > "2017-05-01", ]
  sums <- rowsum(days[c("n", "correct")], paste(days$user_id, days$day))
  keys <- data.table::tstrsplit(rownames(sums), " ", names = c("user_id", "day"))
  days <- data.frame(user_id = keys$user_id, day = as.Date(keys$day), sums)
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
