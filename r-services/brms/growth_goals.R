# Which level each learner is to reach, and when; and the probability of it.

# list(target, at: place on the axis of weeks, goal_date (NA where weeks are numbers), goal_week, notices), by
# learner. Without a goal of their own: the default target, so many weeks after as_of.
learners_goals <- function(ids, goals, weeks, axis, parameters) {
  default <- default_goal(weeks, parameters)
  own <- match(ids, ids_of(goals))
  pick <- function(column, otherwise) {
    value <- if (is.null(column)) rep(otherwise[NA], length(ids)) else column[own]
    value[is.na(value)] <- otherwise
    value
  }
  goal <- list(target = pick(goals$target, parameters$target), notices = default$notices)
  if (is.null(axis$origin)) {
    goal$goal_week <- pick(goals$goal_week, default$week)
    goal$goal_date <- rep(as.Date(NA), length(ids))
    goal$at <- on_axis(goal$goal_week, axis)
  } else {
    goal$goal_date <- pick(goals$goal_date, default$date)
    goal$at <- day_on_axis(goal$goal_date, axis)
  }
  goal
}

default_goal <- function(weeks, parameters) {
  horizon <- parameters$goal_horizon_weeks
  if (!inherits(weeks, "Date")) return(list(week = max(weeks) + horizon))
  as_of <- parameters$as_of
  notices <- if (is.null(as_of)) {
    as_of <- max(weeks) + 6L
    sprintf("as_of was not given; the last week in rows ends on %s.", as_of)
  }
  list(date = as_of + 7L * horizon, notices = notices)
}

# One row per learner, from weighted draws of the hyperparameters: what follows exactly from them.
predicted_learners <- function(scores, points, weight, goals, level) {
  found <- growthcurve::learner_posterior(scores, points, weight, goals$at, goals$target, level, THREADS)
  names(found)[names(found) == "sd"] <- "sigma"
  found
}
