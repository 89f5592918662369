# One error tree for every service: a stable code decides the HTTP status.
#
#   service_error
#   |- INVALID_INPUT 400   the request breaks the contract; detail lists every problem
#   |- UNAUTHORIZED 401    no token, or a wrong one
#   |- UNKNOWN_JOB 404, UNKNOWN_ROUTE 404
#   |- BUSY 409            come back after Retry-After seconds
#   |- TOO_LARGE 413
#   |- NOT_ESTIMABLE 422   too little data or no variation; detail holds the numbers
#   |- SERVER_ERROR 500    ours; the cause is in the log, never in the answer
#   `- NOT_READY 503       models not loaded yet, or the self-test failed

ERROR_STATUS <- c(
  INVALID_INPUT = 400L, UNAUTHORIZED = 401L, UNKNOWN_JOB = 404L, UNKNOWN_ROUTE = 404L, BUSY = 409L,
  TOO_LARGE = 413L, NOT_ESTIMABLE = 422L, SERVER_ERROR = 500L, NOT_READY = 503L
)

MAX_LISTED_PROBLEMS <- 1000L

#' Stop with one of the stable error codes.
#'
#' @param code One name of `ERROR_STATUS`.
#' @param message One sentence for the caller.
#' @param detail A list for programs (numbers, problems), or NULL.
#' @param retry_after Seconds after which another try makes sense, or NULL.
#' @return Never; raises a condition of class `service_error`.
stop_service <- function(code, message, detail = NULL, retry_after = NULL) {
  stopifnot(code %in% names(ERROR_STATUS))
  stop(structure(
    class = c("service_error", "error", "condition"),
    list(message = message, call = NULL, code = code, detail = detail, retry_after = retry_after)
  ))
}

error_status <- function(code) unname(ERROR_STATUS[[code]])

error_body <- function(code, message, detail = NULL) {
  json_text(list(error = list(code = code, message = message, detail = detail)))
}

#' Rows of the list of problems that an INVALID_INPUT answer carries.
#'
#' @param table,column Names, or NA where none applies.
#' @param row Row numbers from 1 (the header does not count), or NA.
#' @param problem What is wrong, one text or one per row.
#' @return A data.frame (table, column, row, problem), one row per problem.
problem_rows <- function(table, column, row, problem) {
  data.frame(table = rep_len(table, length(row)), column = rep_len(column, length(row)),
             row = as.integer(row), problem = rep_len(problem, length(row)))
}

#' Append to a list of problems; `problems` may be NULL.
add_problem <- function(problems, table, column, row, problem) {
  if (length(row) == 0L) return(problems)
  rbind(problems, problem_rows(table, column, row, problem))
}

stop_on_problems <- function(problems) {
  n <- NROW(problems)
  if (n == 0L) return(invisible(NULL))
  listed <- utils::head(problems, MAX_LISTED_PROBLEMS)
  stop_service(
    "INVALID_INPUT", sprintf("The request breaks the contract in %d place%s.", n, if (n == 1L) "" else "s"),
    list(n_problems = n, n_listed = nrow(listed), problems = listed)
  )
}
