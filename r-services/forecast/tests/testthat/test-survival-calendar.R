# School days: closures in the past, at the end and ahead, against a school whose law is known.

closed_of <- function(days_from_as_of) data.frame(day = AS_OF + days_from_as_of)

test_that("a gap lasts as many days as the school was open, and the day of a return counts", {
  rows <- data.frame(user_id = "u", gap_started_on = AS_OF - 20L, observed_gap_days = c(20L, 10L, 12L, 3L),
                     returned = c(FALSE, TRUE, TRUE, TRUE))
  closed <- closed_days(closed_of(c(-12, -11, -10, -9, -8, 3, 3)))
  expect_equal(in_school_days(rows, closed)$observed_gap_days, c(15L, 8L, 8L, 3L)) # one came when closed
  expect_identical(in_school_days(rows, integer()), rows)
  expect_equal(school_idle(c(20L, 9L, 8L, 0L), AS_OF, closed), c(15L, 8L, 8L, 0L))
  expect_equal(school_horizon(c(14L, 2L), AS_OF, closed), c(13L, 2L))
})

test_that("without closed days nothing differs; with a closure ahead only the horizon does", {
  rows <- simulated_gaps(1200L)
  none <- answer_for(rows)
  empty <- answer_for(rows, closed = closed_of(integer()))
  expect_identical(empty$tables, none$tables)
  expect_identical(empty$gates, none$gates)
  risk <- function(answer) answer$tables$survival_risk
  expect_identical(risk(none)$open_day_risk, risk(none)$risk_score)
  whole <- risk(answer_for(rows, closed = closed_of(1:14)))
  half <- risk(answer_for(rows, closed = closed_of(8:14)))
  expect_true(all(whole$risk_score == 1))
  expect_identical(whole$open_day_risk, risk(none)$risk_score)
  expect_true(all(half$risk_score >= risk(none)$risk_score))
  expect_gt(mean(half$risk_score), mean(risk(none)$risk_score))
  expect_identical(whole$status, risk(none)$status)
})

test_that("a stored model counts school days as the fit did", {
  rows <- simulated_gaps(1200L)
  closed <- closed_of(c(-20:-8, 5:9))
  answer <- answer_for(rows, closed = closed)
  model <- jsonlite::parse_json(answer$tables$survival_fit_meta$diagnostics)
  again <- predict_survival(list(rows = open_gaps(rows), closed_days = closed),
                            list(model = model, as_of = AS_OF, time_points = c(4L, 9L, 14L)))
  expect_equal(again$tables$survival_risk, answer$tables$survival_risk, tolerance = 1e-12)
  curve <- jsonlite::fromJSON(again$result$survival_curves$curve[1L])$S
  expect_equal(curve[1L], curve[2L]) # days 5 to 9 are closed
  expect_match(again$notices, "open on 9 of the 14 days", all = FALSE)
  expect_match(refusal(rows[setdiff(names(rows), "gap_started_on")], closed = closed)$detail$problems$problem,
               "closed_days need it")
})

# Learners who come back by a law in school days; days 1 to 220 up to AS_OF, and 14 more for the outcome.
school_with <- function(closed, seed, n = 700L) {
  set.seed(seed)
  own <- exp(stats::rnorm(n, 0.8, 0.5))
  start <- sample(1:150, n, replace = TRUE)
  last <- start
  visits <- list()
  n_open <- cumsum(!(1:234 %in% closed))
  for (day in setdiff(1:234, closed)) {
    gap <- pmax(n_open[day] - n_open[last], 1L)
    active <- start < day & stats::runif(n) < -expm1(-1.4 / (gap + 6) * exp(-gap / 28) * own)
    active <- active | start == day
    last[active] <- day
    visits[[length(visits) + 1L]] <- data.frame(user_id = which(active), day = rep(day, sum(active)))
  }
  visits <- do.call(rbind, visits)
  visits[order(visits$user_id, visits$day), ]
}

# Mean S and the share that stayed away, of learners active at AS_OF, and whether the gates hold.
judged <- function(visits, closed, calendar) {
  known <- visits[visits$day <= 220L, ]
  following <- c(known$day[-1L], 0L)
  same <- c(known$user_id[-1L] == known$user_id[-nrow(known)], FALSE)
  clock <- if (calendar) known$day - findInterval(known$day, closed) else known$day
  recent <- unlist(tapply(clock, known$user_id, function(day) {
    seq_along(day) - findInterval(day - 28L, day)
  }), use.names = FALSE)
  rows <- data.frame(user_id = sprintf("u%04d", known$user_id), gap_started_on = AS_OF - 220L + known$day,
                     observed_gap_days = as.integer(ifelse(same, following, 220L) - known$day),
                     returned = same, log_active_days = log(recent))
  rows <- rows[rows$gap_started_on > AS_OF - 146L, ]
  answer <- answer_for(rows, closed = if (calendar) closed_of(closed - 220L))
  gates <- answer$gates
  risk <- answer$tables$survival_risk
  risk <- risk[risk$status == "active", ]
  later <- sprintf("u%04d", unique(visits$user_id[visits$day > 220L]))
  holds <- (is.na(gates$lower) | gates$value >= gates$lower) &
    (is.na(gates$upper) | gates$value <= gates$upper)
  list(said = mean(risk$risk_score), happened = mean(!risk$user_id %in% later), n = nrow(risk),
       failed = gates$name[is.na(gates$value) | !holds])
}

test_that("after a holiday, and before one, S is what happens: with the calendar", {
  for (closed in list(199:212, 207:220, 225:238)) {
    found <- judged(school_with(closed, 3L), closed, TRUE)
    expect_lt(abs(found$said - found$happened), 4 * sqrt(found$said * (1 - found$said) / found$n))
    expect_equal(found$failed, character())
  }
})

test_that("a holiday that no calendar announced keeps the run from publication: the newest landmark", {
  for (closed in list(199:212, 207:220)) {
    expect_true("newest_share_gap" %in% judged(school_with(closed, 3L), closed, FALSE)$failed)
  }
  expect_equal(judged(school_with(integer(), 3L), integer(), FALSE)$failed, character())
})
