# School days. While the school is closed nobody can be expected back, so nobody is at risk: a gap lasts as
# many days as the school was open after its first day. The day of a return counts whatever the calendar says,
# because the learner did come. Landmarks, look-backs and horizons stay calendar days; only what is fitted and
# scored is counted in school days. Without closed days both are the same.

# Sorted days as numbers. `table`: data.frame(day) or NULL.
closed_days <- function(table) sort(unique(as.integer(table$day)))

n_closed <- function(closed, after, until) {
  findInterval(as.integer(until), closed) - findInterval(as.integer(after), closed)
}

# The gaps with observed_gap_days in school days.
in_school_days <- function(rows, closed) {
  if (length(closed) == 0L) return(rows)
  ended_on <- rows$gap_started_on + rows$observed_gap_days
  came_when_closed <- rows$returned & as.integer(ended_on) %in% closed
  rows$observed_gap_days <- rows$observed_gap_days - n_closed(closed, rows$gap_started_on, ended_on) +
    came_when_closed
  rows
}

# Of `idle_days` up to `as_of`, how many were school days.
school_idle <- function(idle_days, as_of, closed) {
  if (length(closed) == 0L) return(idle_days)
  idle_days - n_closed(closed, as_of - idle_days, as_of)
}

# How many of the `horizon` days after `as_of` are school days.
school_horizon <- function(horizon, as_of, closed) {
  if (length(closed) == 0L) return(horizon)
  horizon - n_closed(closed, as_of, as_of + horizon)
}

# For the answer 400: school days need dates.
check_calendar <- function(tables, parameters, needs_start = FALSE) {
  if (NROW(tables$closed_days) == 0L) return(NULL)
  problems <- NULL
  if (is.null(parameters$as_of)) {
    problems <- fitservice::add_problem(problems, "params", "as_of", NA_integer_, "closed_days need it")
  }
  if (needs_start && is.null(tables$rows$gap_started_on)) {
    problems <- fitservice::add_problem(problems, "rows", "gap_started_on", NA_integer_,
                                        "closed_days need it")
  }
  problems
}

calendar_notice <- function(parameters, closed) {
  n_open <- school_horizon(parameters$horizon_days, parameters$as_of, closed)
  if (n_open < parameters$horizon_days) {
    sprintf("the school is open on %d of the %d days after as_of; nobody is expected on the others.", n_open,
            parameters$horizon_days)
  }
}
