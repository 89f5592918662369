# One request, run in the fit's own process: read, check, fit, write.

#' Check a request's raw tables and parameters and run the plain function.
#'
#' @param one An `endpoint()`.
#' @param raw Named list of raw tables (see tables.R).
#' @param given Parsed JSON object of parameters.
#' @param progress function(stage, done, total, ...).
#' @return The value of the endpoint's `fit`, with the notices of the reading first.
#'   Raises INVALID_INPUT with every problem at once, or what the fit raises.
run_endpoint <- function(one, raw, given, progress = function(stage, done = NULL, total = NULL, ...) NULL) {
  parameters <- typed_parameters(given, one$parameters)
  needed <- names(Filter(function(proto) attr(proto, "rules")$required, one$tables))
  problems <- parameters$problems
  for (name in setdiff(needed, names(raw))) {
    problems <- add_problem(problems, name, NA_character_, NA_integer_, "the table is missing")
  }
  known <- intersect(names(one$tables), names(raw))
  typed <- lapply(known, function(name) typed_table(raw[[name]], one$tables[[name]], name))
  names(typed) <- known
  problems <- do.call(rbind, c(list(problems), lapply(typed, function(table) table$problems)))
  tables <- lapply(typed, function(table) table$data)
  complete <- !any(vapply(tables, is.null, TRUE)) && all(needed %in% known)
  if (complete && !is.null(one$check) && is.null(parameters$problems)) {
    problems <- rbind(problems, one$check(tables, parameters$values))
  }
  stop_on_problems(problems)
  answer <- one$fit(tables, parameters$values, progress)
  of_tables <- lapply(typed, function(table) table$notices)
  answer$notices <- c(parameters$notices, unlist(of_tables, use.names = FALSE), answer$notices)
  answer
}

# Raw tables and parameters from the part files of a job folder; `protos` are the endpoint's tables.
read_request <- function(folder, request, protos, max_bytes) {
  parts <- request$parts
  table_names <- names(protos)
  file_of <- function(part) file.path(folder, part$file)
  if (length(parts) == 1L && parts[[1L]]$name == "body") {
    return(read_json_request(file_of(parts[[1L]]), table_names, max_bytes))
  }
  names(parts) <- vapply(parts, function(part) part$name, "")
  given <- if (is.null(parts$params)) list() else json_object(file_of(parts$params), "params", max_bytes)
  raw <- list()
  for (name in intersect(table_names, names(parts))) {
    part <- parts[[name]]
    raw[[name]] <- if (part$type == "application/json") {
      json_table(read_json_text(file_text(file_of(part), name, max_bytes)), name)
    } else {
      read_csv_table(file_of(part), name, max_bytes, protos[[name]])
    }
  }
  list(raw = raw, given = given, unknown = setdiff(names(parts), c(table_names, "params")))
}

read_json_request <- function(file, table_names, max_bytes) {
  body <- json_object(file, "body", max_bytes)
  raw <- list()
  for (name in intersect(table_names, names(body))) raw[[name]] <- json_table(body[[name]], name)
  given <- c(body[setdiff(names(body), c(table_names, "params"))], body$params)
  list(raw = raw, given = given, unknown = character())
}

json_object <- function(file, name, max_bytes) {
  value <- read_json_text(file_text(file, name, max_bytes))
  if (!is.list(value) || (length(value) && is.null(names(value)))) {
    stop_service("INVALID_INPUT", paste0("'", name, "' must be a JSON object."))
  }
  value
}

file_text <- function(file, name, max_bytes) {
  plain <- unpacked_file(file, name, max_bytes)
  text <- readChar(plain, file.size(plain), useBytes = TRUE)
  if (length(text) == 0L || !validUTF8(text)) {
    stop_service("INVALID_INPUT", paste0("'", name, "' is not UTF-8 text."))
  }
  Encoding(text) <- "UTF-8"
  text
}
