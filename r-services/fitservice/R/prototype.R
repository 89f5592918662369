# The input contract of a table: a zero-row data.frame that carries names and types, with the rules
# beside it (rstudio/vetiver-r calls this a prototype). Validation reads it and nothing else.

EMPTY_COLUMNS <- list(
  double = double(), integer = integer(), character = character(), logical = logical(),
  Date = as.Date(character()), object = character()
)

#' One column of a prototype.
#'
#' @param type double, integer, character, logical, Date, or object (a JSON object, kept as its text).
#' @param nullable May a cell be null?
#' @param required Must the column be there? An absent optional column stays absent.
#' @param min Smallest allowed number, or NULL.
#' @param or NULL, or "integer": a column of whole numbers only is taken as such, instead of as `type`.
#' @return A list for `prototype()`.
column <- function(type, nullable = FALSE, required = TRUE, min = NULL, or = NULL) {
  stopifnot(type %in% names(EMPTY_COLUMNS), is.null(or) || or == "integer")
  list(type = type, nullable = nullable, required = required, min = min, or = or)
}

#' A zero-row data.frame with the rules of its columns.
#'
#' @param ... Named `column()`s.
#' @param unique Names of the columns that are unique together, or NULL.
#' @param other_columns "ignore": columns not named here are left out with a notice; "double": those that
#'   read as numbers are kept (nullable) and named in a notice.
#' @param required Must the table be sent?
#' @return A zero-row data.frame with attribute `rules`.
prototype <- function(..., unique = NULL, other_columns = "ignore", required = TRUE) {
  columns <- list(...)
  frame <- as.data.frame(lapply(columns, function(rule) EMPTY_COLUMNS[[rule$type]]))
  structure(frame, rules = list(columns = columns, unique = unique, other_columns = other_columns,
                                required = required))
}

# Gives a raw table its types. list(data, problems, notices); data is NULL when there are problems.
typed_table <- function(raw, proto, name) {
  rules <- attr(proto, "rules")
  # an empty JSON array names no columns: there are no rows, and nothing is wrong with them
  if (raw$n == 0L && length(raw$cells) == 0L) return(list(data = structure(proto, rules = NULL)))
  problems <- missing_columns(raw, rules, name)
  data <- list()
  for (key in intersect(names(rules$columns), names(raw$cells))) {
    read <- typed_column(raw$cells[[key]], raw$kinds[[key]], rules$columns[[key]])
    problems <- add_problem(problems, name, key, read$rows, read$reasons)
    data[[key]] <- read$value
  }
  extra <- other_columns(raw, rules, name)
  data[names(extra$data)] <- extra$data
  problems <- rbind(problems, repeated_rows(data, rules$unique, name))
  if (length(data)) data.table::setDF(data) else data <- data.frame() # no column that is known
  list(data = if (NROW(problems) == 0L) data, problems = problems, notices = extra$notices)
}

missing_columns <- function(raw, rules, name) {
  needed <- names(Filter(function(rule) rule$required, rules$columns))
  absent <- setdiff(needed, names(raw$cells))
  do.call(rbind, lapply(absent, function(key) problem_rows(name, key, NA_integer_, "the column is missing")))
}

repeated_rows <- function(data, keys, name) {
  if (is.null(keys) || !all(keys %in% names(data))) return(NULL)
  again <- which(duplicated(data.table::as.data.table(data[keys])))
  add_problem(NULL, name, paste(keys, collapse = ", "), again, "this key occurs in an earlier row")
}

# list(value, rows, reasons): `rows` are the rows that break the rule, `reasons` say how.
typed_column <- function(cells, kinds, rule) {
  if (!is.null(rule$or) && hold_whole_numbers(cells)) rule$type <- rule$or
  value <- cell_values(cells, rule$type)
  # the usual case first: of millions of cells, every further look costs
  if (is.null(kinds) && !anyNA(value) && (is.null(rule$min) || all(value >= rule$min))) {
    return(list(value = value, rows = integer(), reasons = character()))
  }
  given <- if (is.null(kinds)) !is.na(cells) | is.nan(cells) else kinds != "null"
  reason <- rep(NA_character_, length(cells))
  if (!rule$nullable) reason[!given] <- "null is not allowed"
  unreadable <- given & (is.na(value) | !kind_allowed(kinds, rule$type, length(cells)))
  reason[unreadable] <- unreadable_reason(cells[unreadable], rule$type)
  if (!is.null(rule$min)) {
    reason[!unreadable & given & value < rule$min] <- paste("must be at least", rule$min)
  }
  rows <- which(!is.na(reason))
  list(value = value, rows = rows, reasons = reason[rows])
}

KINDS_ALLOWED <- list(
  double = "number", integer = "number", character = "text", Date = "text", logical = c("boolean", "number"),
  object = "object"
)

# CSV cells have no kind: any text may be read as any type.
kind_allowed <- function(kinds, type, n) {
  if (is.null(kinds)) rep(TRUE, n) else kinds %in% KINDS_ALLOWED[[type]]
}

cell_values <- function(cells, type) {
  switch(
    type,
    character = utf8_text(cells),
    double = finite_numbers(cells),
    integer = whole_numbers(cells),
    logical = truth_values(cells),
    Date = iso_dates(cells),
    object = json_objects(cells)
  )
}

# Few different cells in long columns: each is read once.
utf8_text <- function(cells) {
  known <- unique(cells)
  broken <- known[!validUTF8(known)]
  if (length(broken)) replace(cells, cells %in% broken, NA_character_) else cells
}

truth_values <- function(cells) {
  known <- unique(cells)
  value <- c(t = TRUE, true = TRUE, `1` = TRUE, f = FALSE, false = FALSE, `0` = FALSE)[tolower(known)]
  unname(value)[match(cells, known)]
}

json_objects <- function(cells) {
  is_object <- vapply(cells, function(text) {
    startsWith(trimws(text), "{") && jsonlite::validate(text)
  }, NA, USE.NAMES = FALSE)
  replace(cells, !is_object, NA_character_)
}

finite_numbers <- function(cells) {
  value <- suppressWarnings(as.numeric(cells))
  value[!is.finite(value)] <- NA_real_
  value
}

whole_numbers <- function(cells) {
  value <- finite_numbers(cells)
  value[!is.na(value) & (value != round(value) | abs(value) > .Machine$integer.max)] <- NA_real_
  as.integer(value)
}

hold_whole_numbers <- function(cells) {
  known <- unique(cells[!is.na(cells)])
  length(known) > 0L && all(grepl("^-?[0-9]+$", known))
}

iso_dates <- function(cells) {
  known <- unique(cells)
  day <- suppressWarnings(as.Date(known, format = "%Y-%m-%d"))
  day[!grepl("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", known)] <- NA
  day[match(cells, known)]
}

unreadable_reason <- function(cells, type) {
  wanted <- c(double = "a finite number", integer = "a whole number", character = "text in UTF-8",
              logical = "true or false", Date = "a date as YYYY-MM-DD", object = "a JSON object")[[type]]
  not_finite <- grepl("^[+-]?(nan|inf|infinity)$", cells, ignore.case = TRUE)
  ifelse(type %in% c("double", "integer") & not_finite,
         "NaN and infinities are refused", paste0("'", substr(cells, 1L, 40L), "' is not ", wanted))
}

# Columns that the prototype does not name.
other_columns <- function(raw, rules, name) {
  extra <- setdiff(names(raw$cells), names(rules$columns))
  kept <- list()
  if (rules$other_columns == "double") {
    for (key in extra) {
      read <- typed_column(raw$cells[[key]], raw$kinds[[key]], column("double", nullable = TRUE))
      if (length(read$rows) == 0L) kept[[key]] <- read$value
    }
  }
  left_out <- setdiff(extra, names(kept))
  say <- function(keys, what) if (length(keys)) sprintf("%s: column %s %s.", name, keys, what)
  list(data = kept, notices = c(say(names(kept), "is not in the contract and is used as a number"),
                                say(left_out, "is not in the contract and was left out")))
}
