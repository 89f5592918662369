# Tables as they arrive: every cell as text plus, for JSON, the kind of value it was. Types are given
# afterwards, by the prototype (see prototype.R), so that CSV and JSON share one set of rules. CSV columns of
# plain numbers arrive as numbers: a million of them as text would cost seconds.

# list(cells = named list of character or number vectors (NA is null), kinds = same shape or NULL for CSV,
#      n = rows)
raw_table <- function(cells, kinds, n) list(cells = cells, kinds = kinds, n = n)

# Reads a CSV file with header, plain or gzip; columns that `proto` wants as numbers may come as such.
# Raises INVALID_INPUT, TOO_LARGE.
read_csv_table <- function(file, name, max_bytes, proto = NULL) {
  refuse <- function(reason) {
    stop_on_problems(problem_rows(name, NA_character_, NA_integer_, paste("not a readable CSV:", reason)))
  }
  plain <- unpacked_file(file, name, max_bytes)
  if (file.size(plain) == 0) refuse("it is empty; a header line is needed")
  warnings <- character()
  header <- header_names(plain)
  as_text <- list(character = setdiff(header, number_columns(proto)))
  frame <- withCallingHandlers(
    tryCatch(
      data.table::fread(plain, sep = ",", header = TRUE, colClasses = as_text, na.strings = "",
                        integer64 = "numeric", encoding = "UTF-8", showProgress = FALSE),
      error = function(cause) refuse(first_line(conditionMessage(cause)))
    ),
    warning = function(cause) {
      warnings <<- c(warnings, conditionMessage(cause))
      invokeRestart("muffleWarning")
    }
  )
  if (length(warnings)) refuse(first_line(warnings[[1L]]))
  if (!identical(names(frame), header)) refuse("the header does not match the rows below it")
  cells <- lapply(frame, plain_cells)
  if (anyDuplicated(names(cells))) refuse("a column name occurs twice")
  raw_table(cells, NULL, nrow(frame))
}

number_columns <- function(proto) {
  types <- vapply(attr(proto, "rules")$columns, function(rule) rule$type, "")
  names(types)[types %in% c("double", "integer")]
}

# Numbers stay numbers. What fread took for something else (TRUE, a date) was not a number: text again.
plain_cells <- function(cells) {
  if (class(cells)[[1L]] %in% c("integer", "numeric")) return(cells)
  cells <- as.character(cells)
  # fread leaves a doubled quote inside a quoted cell doubled; long columns have few different cells
  doubled <- grep("\"\"", unique(cells), fixed = TRUE, value = TRUE)
  if (length(doubled)) cells <- gsub("\"\"", "\"", cells, fixed = TRUE)
  cells
}

# fread drops leading lines, the header too, until the rest looks regular; hence this second look.
header_names <- function(file) {
  line <- sub("^\ufeff", "", readLines(file, n = 1L, encoding = "UTF-8", warn = FALSE))
  scan(text = line, what = "", sep = ",", quote = "\"", quiet = TRUE, encoding = "UTF-8")
}

# fread's messages may quote the first lines of the data and the path of the file; the caller gets neither.
first_line <- function(text) {
  text <- sub(" Consider .*$", "", sub("\n.*$", "", text))
  substr(gsub("[^ ]*/[^ ]*", "the table", text), 1L, 200L)
}

is_gzip_file <- function(file) is_gzip(readBin(file, "raw", 2L))

# gzip itself checks lengths and checksums; R's own reader stops silently at a truncated end.
unpacked_file <- function(file, name, max_bytes) {
  if (!is_gzip_file(file)) return(file)
  target <- paste0(file, ".plain")
  unpacking <- processx::process$new("gzip", "-dc", stdin = file, stdout = target, stderr = NULL)
  on.exit(unpacking$kill())
  while (unpacking$is_alive()) {
    unpacking$wait(50)
    if (file.size(target) > max_bytes) {
      stop_service("TOO_LARGE", sprintf("'%s' is larger than %.0f bytes when unpacked.", name, max_bytes),
                   list(table = name, max_bytes = max_bytes))
    }
  }
  if (unpacking$get_exit_status() != 0L) {
    stop_on_problems(problem_rows(name, NA_character_, NA_integer_, "the gzip data are broken or cut off"))
  }
  target
}

# Turns an array of objects into columns. A key missing from a row is null.
json_table <- function(records, name) {
  is_object <- function(value) is.list(value) && (length(value) == 0L || !is.null(names(value)))
  if (!is.list(records) || !is.null(names(records)) || !all(vapply(records, is_object, TRUE))) {
    reason <- "must be an array of objects, one per row"
    stop_on_problems(problem_rows(name, NA_character_, NA_integer_, reason))
  }
  keys <- unique(unlist(lapply(records, names)))
  columns <- lapply(keys, function(key) lapply(records, function(record) record[[key]]))
  kinds <- lapply(columns, function(values) vapply(values, json_kind, ""))
  cells <- Map(json_column_text, columns, kinds)
  names(cells) <- names(kinds) <- keys
  raw_table(cells, kinds, length(records))
}

json_kind <- function(value) {
  if (is.null(value)) return("null")
  if (is.list(value)) return(if (is.null(names(value)) && length(value)) "array" else "object")
  switch(class(value)[[1L]], character = "text", logical = "boolean", "number")
}

json_column_text <- function(values, kinds) {
  text <- rep(NA_character_, length(values))
  for (kind in setdiff(unique(kinds), c("null", "array"))) {
    of_kind <- kinds == kind
    if (kind == "object") {
      text[of_kind] <- vapply(values[of_kind], json_text, "")
      next
    }
    flat <- unlist(values[of_kind])
    text[of_kind] <- if (kind == "number") sprintf("%.17g", as.double(flat)) else as.character(flat)
  }
  text
}
