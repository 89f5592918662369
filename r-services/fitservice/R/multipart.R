# The main process only splits a request into parts and writes their bytes to files. The fit's own process
# parses the bytes. multipart/form-data is RFC 7578.

media_type <- function(content_type) tolower(trimws(sub(";.*$", "", content_type)))

# Parts of a request: list of list(name, type, bytes). A JSON body is one part called "body".
request_parts <- function(content_type, body) {
  type <- media_type(if (is.null(content_type)) "" else content_type)
  if (type == "application/json") return(list(list(name = "body", type = type, bytes = body)))
  if (type == "multipart/form-data") return(multipart_parts(body, boundary_of(content_type)))
  stop_service("INVALID_INPUT", "Content-Type must be application/json or multipart/form-data.")
}

boundary_of <- function(content_type) {
  found <- regmatches(content_type, regexec("boundary=(\"([^\"]+)\"|([^;[:space:]]+))", content_type))[[1L]]
  if (length(found) == 0L) stop_service("INVALID_INPUT", "multipart/form-data names no boundary.")
  if (nzchar(found[[3L]])) found[[3L]] else found[[4L]]
}

# Not webutils::parse_multipart(): in version 1.1 (Debian 12) a body with more than a thousand parts overruns
# a fixed array and ends the process, and a boundary is also found where no "--" precedes it.
multipart_parts <- function(body, boundary) {
  marker <- charToRaw(paste0("--", boundary))
  at <- grepRaw(marker, body, all = TRUE, fixed = TRUE)
  if (length(at) < 2L) stop_service("INVALID_INPUT", "The multipart body has no complete part.")
  from <- at[-length(at)] + length(marker) + 2L
  to <- at[-1L] - 3L
  parts <- Map(function(from, to) one_part(body, from, to), from, to)
  named <- vapply(parts, function(part) part$name, "")
  repeated <- unique(named[duplicated(named)])
  if (length(repeated)) {
    stop_service("INVALID_INPUT", paste0("Part sent twice: ", paste(repeated, collapse = ", "), "."))
  }
  parts
}

one_part <- function(body, from, to) {
  blank <- if (from < to) grepRaw(charToRaw("\r\n\r\n"), body, offset = from, fixed = TRUE) else integer()
  if (length(blank) == 0L || blank > to) stop_service("INVALID_INPUT", "A multipart part has no headers.")
  headers <- header_lines(body[seq(from, length.out = blank - from)])
  disposition <- grep("^content-disposition:", headers, ignore.case = TRUE, value = TRUE)
  name <- regmatches(disposition, regexec("[; ]name=\"?([^\";]+)\"?", disposition))
  if (length(name) != 1L || length(name[[1L]]) != 2L) {
    stop_service("INVALID_INPUT", "A multipart part has no name.")
  }
  type <- grep("^content-type:", headers, ignore.case = TRUE, value = TRUE)
  type <- sub("^content-type:[[:space:]]*", "", type, ignore.case = TRUE)
  start <- blank + 4L
  list(name = name[[1L]][[2L]], type = media_type(c(type, "text/plain")[[1L]]),
       bytes = if (start <= to) body[start:to] else raw())
}

# R holds no NUL in a string, and the JSON of an answer no bytes that are not UTF-8.
header_lines <- function(bytes) {
  text <- if (any(bytes == as.raw(0L))) NA_character_ else rawToChar(bytes)
  if (is.na(text) || !validUTF8(text)) {
    stop_service("INVALID_INPUT", "The headers of a multipart part are not UTF-8 text.")
  }
  Encoding(text) <- "UTF-8"
  strsplit(text, "\r?\n")[[1L]]
}

is_gzip <- function(bytes) length(bytes) >= 2L && identical(bytes[1:2], as.raw(c(0x1f, 0x8b)))

# Fingerprint of a request. It does not depend on the boundary, the order of the parts or gzip's time stamp
# (header bytes 5 to 8): a client that packs the same rows again sends the same request.
parts_digest <- function(path, parts) {
  one <- function(part) {
    bytes <- part$bytes
    if (is_gzip(bytes) && length(bytes) >= 8L) bytes[5:8] <- as.raw(0L)
    paste(part$name, digest::digest(bytes, algo = "blake3", serialize = FALSE))
  }
  digest::digest(paste(c(path, sort(vapply(parts, one, ""), method = "radix")), collapse = "\n"),
                 algo = "blake3", serialize = FALSE)
}
