# The plumber router. Refusals that need no body (401, 413) are answered as soon as the headers are read,
# before a large upload is received.

ServiceRouter <- R6::R6Class(
  "ServiceRouter", inherit = plumber::Plumber,
  public = list(
    service_state = NULL,
    onHeaders = function(req) {
      refusal <- refuse_headers(req, self$service_state)
      if (is.null(refusal)) return(NULL)
      count_request(self$service_state, "refused", refusal$code, 0)
      list(status = error_status(refusal$code),
           headers = c(list(`Content-Type` = "application/json", Connection = "close"), NOT_PACKED),
           body = error_body(refusal$code, refusal$message, refusal$detail))
    }
  )
)

# NULL, or list(code, message, detail).
refuse_headers <- function(req, state) {
  if (!is_authorised(req, state$settings$tokens)) {
    return(list(code = "UNAUTHORIZED",
                message = "A valid token is needed: Authorization: Bearer, or X-Internal-Token."))
  }
  max_bytes <- state$settings$max_body_bytes
  length_text <- req$CONTENT_LENGTH
  chunked <- is.null(length_text) && !is.null(req$HTTP_TRANSFER_ENCODING)
  if (chunked) {
    return(list(code = "INVALID_INPUT", message = "Content-Length is needed; chunks have no known size."))
  }
  if (!is.null(length_text) && isTRUE(as.numeric(length_text) > max_bytes)) {
    list(code = "TOO_LARGE", message = sprintf("The body is larger than %.0f bytes.", max_bytes),
         detail = list(max_body_bytes = max_bytes))
  }
}

count_request <- function(state, route, status, seconds) {
  count(state$metrics, series("http_requests_total", route = route, status = status))
  observe(state$metrics, "http_request_seconds", seconds, REQUEST_BUCKETS, route = route)
}

# Wraps a handler: errors become answers, every answer is counted.
observed <- function(state, route, handler) {
  force(handler)
  arguments <- formals(handler)
  wrapped <- function() {
    call <- mget(names(arguments))
    began <- proc.time()[["elapsed"]]
    state$metrics$in_flight <- state$metrics$in_flight + 1
    finish <- function(answer) {
      state$metrics$in_flight <- state$metrics$in_flight - 1
      count_request(state, route, answer$status, proc.time()[["elapsed"]] - began)
      answer
    }
    failed <- function(cause) answer_condition(call$res, cause, route)
    answer <- tryCatch(do.call(handler, call), error = failed)
    if (!promises::is.promising(answer)) return(finish(answer))
    promises::then(promises::catch(answer, failed), finish)
  }
  formals(wrapped) <- arguments  # plumber passes path parameters by name
  wrapped
}

build_router <- function(state) {
  options(plumber.methodNotAllowed = FALSE)
  router <- ServiceRouter$new()
  router$service_state <- state
  router$setParsers(stats::setNames(list(), character()))  # bodies are read by the fit, not by plumber
  add <- function(method, route, handler) {
    router$handle(method, route, observed(state, route, handler))
  }
  for (path in c("/healthz", "/health")) add("GET", path, handle_health(state))
  add("GET", "/readyz", handle_ready(state))
  add("GET", "/metrics", handle_metrics(state))
  for (path in names(state$service$endpoints)) add("POST", path, handle_fit(state, path))
  add("GET", "/jobs/<id>", handle_job(state))
  add("DELETE", "/jobs/<id>", handle_cancel(state))
  add("GET", "/jobs/<id>/result", handle_result(state))
  add("GET", "/jobs/<id>/tables/<name>", handle_table(state))
  router$set404Handler(function(req, res) answer_error(res, "UNKNOWN_ROUTE", "There is no such route."))
  router$setErrorHandler(function(req, res, err) answer_condition(res, err, "router"))
  router
}
