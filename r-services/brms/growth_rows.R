# From the request's tables to learners under dense keys, scores in a fixed order, and the axis of weeks.

SCORE_TABLES <- c("rows", "data")

rows_of <- function(tables) if (is.null(tables$rows)) tables$data else tables$rows

# A table without rows (an empty JSON array) has every column of its prototype: any of them will do.
id_column <- function(table) {
  found <- intersect(ID_COLUMNS, names(table))
  if (nrow(table) == 0L) utils::head(found, 1L) else found
}

ids_of <- function(table) if (is.null(table)) character() else table[[id_column(table)]]

# list(ids: every learner of rows and goals, sorted; rows: list(learner, week, score, se or NULL) by learner
# and week).
keyed_scores <- function(tables, uses_se) {
  rows <- rows_of(tables)
  ids <- sort(unique(c(ids_of(rows), ids_of(tables$goals))), method = "radix")
  if (is.null(rows)) return(list(ids = ids, rows = list(learner = integer(), score = double())))
  learner <- data.table::chmatch(ids_of(rows), ids)
  by_learner <- order(learner, rows$week, method = "radix")
  se <- if (uses_se) rows$se[by_learner]
  list(ids = ids, rows = list(learner = learner[by_learner], week = rows$week[by_learner],
                              score = rows$score[by_learner], se = se))
}

# Weeks are counted from the first one (`origin`), or as they are numbered, and centred at their mean over the
# rows, as brms centres. Gaps stay gaps. A week's point on the axis is its middle, the Thursday noon of a
# score that covers it.
week_axis <- function(week) {
  is_date <- inherits(week, "Date")
  origin <- if (is_date) min(week)
  number <- if (is_date) as.integer(week - origin) / 7 else as.double(week)
  list(origin = origin, centre = mean(number))
}

on_axis <- function(week, axis) {
  if (length(week) == 0L) return(double())
  number <- if (is.null(axis$origin)) as.double(week) else as.integer(week - axis$origin) / 7
  number - axis$centre
}

# A day's place: a week's own point is three days after its Monday.
day_on_axis <- function(day, axis) as.double(day - (axis$origin + 3L)) / 7 - axis$centre

# Problems across columns, for the answer 400.
check_growth_tables <- function(tables, parameters) {
  given <- intersect(SCORE_TABLES, names(tables))
  none <- NA_character_
  if (length(given) != 1L) {
    return(fitservice::add_problem(NULL, "rows", none, NA_integer_,
                                   "send the table as rows, or as data, once"))
  }
  problems <- rbind(check_ids(tables[[given]], given), check_ids(tables$goals, "goals"))
  if (NROW(problems)) return(problems)
  rbind(check_weeks(tables[[given]], given, parameters), check_goals(tables$goals, tables[[given]]),
        check_model(parameters, tables[[given]]))
}

check_ids <- function(table, name) {
  if (is.null(table)) return(NULL)
  if (length(id_column(table)) != 1L) {
    return(fitservice::add_problem(NULL, name, "student_id", NA_integer_,
                                   paste("one of these columns is needed:",
                                         paste(ID_COLUMNS, collapse = ", "))))
  }
  fitservice::add_problem(NULL, name, id_column(table), which(!nzchar(ids_of(table))), "must not be empty")
}

check_weeks <- function(rows, name, parameters) {
  again <- which(duplicated(data.table::data.table(ids_of(rows), rows$week)))
  problems <- fitservice::add_problem(NULL, name, "week", again,
                                      "this learner has an earlier row for the week")
  if (!inherits(rows$week, "Date")) return(problems)
  problems <- fitservice::add_problem(problems, name, "week", which(format(rows$week, "%u") != "1"),
                                      "a week is named by its Monday")
  if (is.null(parameters$as_of)) return(problems)
  fitservice::add_problem(problems, name, "week", which(rows$week > parameters$as_of),
                          "the week is after as_of")
}

check_goals <- function(goals, rows) {
  if (is.null(goals)) return(NULL)
  problems <- fitservice::add_problem(NULL, "goals", id_column(goals), which(duplicated(ids_of(goals))),
                                      "this learner has an earlier row")
  is_dated <- inherits(rows$week, "Date")
  wrong <- if (is_dated) "goal_week" else "goal_date"
  reason <- if (is_dated) "weeks are dates here: give goal_date" else "weeks are numbers here: give goal_week"
  fitservice::add_problem(problems, "goals", wrong, which(!is.na(goals[[wrong]])), reason)
}

check_model <- function(parameters, rows) {
  say <- function(problems, column, reasons) {
    fitservice::add_problem(problems, "params", column, rep(NA_integer_, length(reasons)), reasons)
  }
  problems <- say(NULL, "priors", prior_problems(parameters$priors))
  if (identical(parameters$engine, "marginal") && identical(parameters$family, "student")) {
    problems <- say(problems, "family", "student needs the engine brms: its integrals have no closed form")
  }
  formula <- formula_name(parameters$formula)
  if (is.na(formula)) {
    problems <- say(problems, "formula", paste("must be one of:", paste(GROWTH_FORMULAS, collapse = "; ")))
  } else if (formula == "errors" && is.null(rows$se)) {
    problems <- say(problems, "formula", "names se, but the rows have none")
  }
  problems
}

# "plain" or "errors", NA for a formula that is not on the list, "" when none is given. White space does not
# count.
formula_name <- function(formula) {
  if (is.null(formula)) return("")
  bare <- function(text) gsub("[[:space:]]", "", text)
  names(GROWTH_FORMULAS)[match(bare(formula), bare(GROWTH_FORMULAS))]
}
