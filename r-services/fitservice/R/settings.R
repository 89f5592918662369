# Settings come from the environment; a bad value is one clear line and exit 2.

stop_settings <- function(...) {
  stop(structure(class = c("settings_error", "error", "condition"), list(message = paste0(...), call = NULL)))
}

# Default, smallest and largest value.
WHOLE_NUMBER_SETTINGS <- list(
  MAX_BODY_BYTES = c(128 * 1024^2, 1, 2^31 - 1),
  MAX_UNPACKED_BYTES = c(2 * 1024^3, 1, 2^40),
  MAX_JOBS = c(2, 1, 64),
  MAX_QUEUE = c(8, 0, 10000),
  MAX_FIT_SECONDS = c(3600, 1, 86400),
  JOB_TTL_SECONDS = c(3600, 1, 7 * 86400)
)

#' Read the service's settings.
#'
#' @param environment Function from a name to its text ("" if unset), as `Sys.getenv`.
#' @return List: tokens (character, 0 to 2 of them) and the whole numbers above, names in lower case.
#'   Raises a `settings_error` naming the variable, what it holds and what is allowed.
service_settings <- function(environment = Sys.getenv) {
  numbers <- lapply(names(WHOLE_NUMBER_SETTINGS), function(name) {
    whole_number_setting(name, environment(name), WHOLE_NUMBER_SETTINGS[[name]])
  })
  names(numbers) <- tolower(names(WHOLE_NUMBER_SETTINGS))
  tokens <- c(environment("INTERNAL_TOKEN"), environment("INTERNAL_TOKEN_PREVIOUS"))
  c(list(tokens = unique(tokens[nzchar(tokens)])), numbers)
}

whole_number_setting <- function(name, text, bounds) {
  if (!nzchar(text)) return(bounds[[1L]])
  value <- suppressWarnings(as.numeric(text))
  if (!grepl("^[0-9]+$", text) || is.na(value) || value < bounds[[2L]] || value > bounds[[3L]]) {
    stop_settings(sprintf("%s is '%s'; allowed is a whole number from %.0f to %.0f.",
                          name, text, bounds[[2L]], bounds[[3L]]))
  }
  value
}
