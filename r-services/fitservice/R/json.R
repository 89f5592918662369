# JSON out: numbers round-trip (17 digits where 15 do not), NA is null, a scalar is a scalar.
# jsonlite stops at 15 significant digits, hence this writer; jsonlite does the reading.

#' Shortest of 15 and 17 significant digits that reads back as the same double; NA gives "null".
#'
#' @param x Doubles. NaN and infinities are an error: they are never sent.
#' @return Character vector.
number_text <- function(x) {
  if (any(is.nan(x) | is.infinite(x))) stop("NaN or an infinite number in an answer")
  text <- sprintf("%.15g", x)
  known <- !is.na(x)
  inexact <- known
  inexact[known] <- as.numeric(text[known]) != x[known]
  text[inexact] <- sprintf("%.17g", x[inexact])
  text[!known] <- "null"
  text
}

#' Write a value as JSON text.
#'
#' @param x NULL, atomic vectors (length 1 becomes a scalar; `I()` keeps the array; names make an object),
#'   lists, data.frames (array of objects), Dates; class "json" is copied as it stands.
#' @return One string.
json_text <- function(x) {
  if (is.null(x)) return("null")
  if (inherits(x, "json")) return(paste(x, collapse = ","))
  if (is.data.frame(x)) return(json_records(x))
  if (is.list(x)) return(json_container(vapply(x, json_text, ""), names(x)))
  cells <- json_cells(x)
  if (!is.null(names(x))) return(json_container(cells, names(x)))
  if (length(x) == 1L && !inherits(x, "AsIs")) cells else json_container(cells, NULL)
}

json_container <- function(cells, keys) {
  if (is.null(keys)) return(paste0("[", paste(cells, collapse = ","), "]"))
  if (length(cells) == 0L) return("{}")
  paste0("{", paste0(json_strings(keys), ":", cells, collapse = ","), "}")
}

json_cells <- function(x) {
  if (inherits(x, "json")) return(unclass(x))
  if (is.list(x)) return(vapply(x, json_text, ""))
  if (is.factor(x) || inherits(x, "Date")) return(json_strings(as.character(x)))
  if (is.character(x)) return(json_strings(x))
  if (is.logical(x)) return(ifelse(is.na(x), "null", ifelse(x, "true", "false")))
  if (is.integer(x)) return(ifelse(is.na(x), "null", as.character(x)))
  number_text(as.double(x))
}

json_records <- function(frame) {
  if (nrow(frame) == 0L) return("[]")
  keys <- json_strings(names(frame))
  pairs <- Map(paste0, keys, ":", lapply(frame, json_cells))
  paste0("[", paste0("{", do.call(paste, c(unname(pairs), sep = ",")), "}", collapse = ","), "]")
}

json_strings <- function(x) {
  text <- gsub("\\", "\\\\", enc2utf8(x), fixed = TRUE)
  text <- gsub("\"", "\\\"", text, fixed = TRUE)
  if (any(grepl("[[:cntrl:]]", text))) {
    for (code in c(1:31, 127)) {
      text <- gsub(intToUtf8(code), sprintf("\\u%04x", code), text, fixed = TRUE)
    }
  }
  ifelse(is.na(x), "null", paste0("\"", text, "\""))
}

# Reads without simplification, so that "1" stays text and the string "NaN" never becomes a number.
read_json_text <- function(text) {
  tryCatch(jsonlite::parse_json(text, simplifyVector = FALSE), error = function(cause) {
    stop_service("INVALID_INPUT", "The JSON cannot be read.",
                 list(reason = substr(conditionMessage(cause), 1L, 200L)))
  })
}
