# Two kinds of refusal, so that a service can give each its own status: `invalid_input` (the data break the
# contract) and `not_estimable` (too little data or no variation); and `too_few_anchors` of link_scales().

# Raise a condition of class `kind`. `detail`: a list of numbers for programs.
stop_as <- function(kind, message, detail = list()) {
  stop(structure(class = c(kind, "sparseirt_error", "error", "condition"),
                 list(message = message, call = NULL, detail = detail)))
}

invalid <- function(message, ...) stop_as("invalid_input", message, list(...))
not_estimable <- function(message, ...) stop_as("not_estimable", message, list(...))

# First few of many, for a message.
some_of <- function(x, n = 10L) {
  paste0(paste(utils::head(x, n), collapse = ", "), if (length(x) > n) sprintf(" and %d more", length(x) - n))
}

check_count <- function(x, name, lowest = 1L) {
  whole <- is.numeric(x) && length(x) == 1L && is.finite(x) && x == round(x)
  if (!whole || x < lowest || x > .Machine$integer.max) {
    invalid(sprintf("%s must be one whole number, at least %d.", name, lowest))
  }
  as.integer(x)
}

check_number <- function(x, name, lowest = -Inf) {
  if (!is.numeric(x) || length(x) != 1L || !is.finite(x) || x <= lowest) {
    invalid(sprintf("%s must be one finite number%s.", name,
                    if (is.finite(lowest)) paste(" above", lowest) else ""))
  }
  as.double(x)
}
