# One JSON object per line on stderr. Values are what the caller passes: never pass a token or a body.
log_event <- function(event, ..., level = "INFO") {
  now <- format(Sys.time(), "%Y-%m-%dT%H:%M:%OS3Z", tz = "UTC")
  fields <- c(list(time = now, level = level, event = event), list(...))
  fields <- Filter(Negate(is.null), fields)
  cat(json_text(fields), "\n", sep = "", file = stderr())
}
