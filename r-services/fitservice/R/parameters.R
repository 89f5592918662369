# Parameters of a fit: JSON values checked against declared types, all problems at once.

#' Declare one parameter.
#'
#' @param type double, integer, character, Date, "integers" (an array of whole numbers) or "object"
#'   (passed on as parsed JSON).
#' @param default Value when absent or null; NULL means: the fit decides.
#' @param min,max Bounds for numbers.
#' @param choices Allowed texts.
#' @param required Is absence a problem?
#' @param or_empty Is an empty text taken as absence? For settings that say so by being empty.
#' @return A list for `endpoint(parameters = )`.
parameter <- function(type, default = NULL, min = -Inf, max = Inf, choices = NULL, required = FALSE,
                      or_empty = FALSE) {
  list(type = type, default = default, min = min, max = max, choices = choices, required = required,
       or_empty = or_empty)
}

# Returns values, problems and notices.
typed_parameters <- function(given, declared) {
  problems <- NULL
  values <- list()
  for (key in names(declared)) {
    rule <- declared[[key]]
    if (rule$or_empty && identical(given[[key]], "")) given[[key]] <- NULL
    reason <- parameter_problem(given[[key]], rule)
    if (length(reason)) problems <- add_problem(problems, "params", key, NA_integer_, reason)
    else values[[key]] <- parameter_value(given[[key]], rule)
  }
  unknown <- setdiff(names(given), names(declared))
  notices <- if (length(unknown)) {
    sprintf("params: %s is not a parameter of this fit and was left out.", unknown)
  }
  list(values = values, problems = problems, notices = notices)
}

parameter_value <- function(value, rule) {
  if (is.null(value)) return(rule$default)
  switch(
    rule$type,
    double = as.double(value), integer = as.integer(value), integers = as.integer(unlist(value)),
    Date = as.Date(value), value
  )
}

# NULL when the value is fine, else what is wrong.
parameter_problem <- function(value, rule) {
  if (is.null(value)) return(if (rule$required) "the parameter is missing")
  switch(
    rule$type,
    character = text_problem(value, rule),
    Date = if (!is_text(value) || is.na(iso_dates(value))) "must be a date as YYYY-MM-DD",
    double = number_problem(value, rule, whole = FALSE),
    integer = number_problem(value, rule, whole = TRUE),
    integers = unlist(lapply(as.list(value), number_problem, rule = rule, whole = TRUE))[1L],
    object = if (!is.list(value)) "must be an object or an array"
  )
}

is_text <- function(value) is.character(value) && length(value) == 1L

text_problem <- function(value, rule) {
  if (!is_text(value)) return("must be text")
  if (!is.null(rule$choices) && !value %in% rule$choices) {
    paste("must be one of:", paste(rule$choices, collapse = ", "))
  }
}

number_problem <- function(value, rule, whole) {
  if (!is.numeric(value) || length(value) != 1L || !is.finite(value)) return("must be a finite number")
  if (whole && value != round(value)) return("must be a whole number")
  if (value < rule$min || value > rule$max) sprintf("must be from %s to %s", rule$min, rule$max)
}
