# HTTP: a thin edge around the job store. Handlers set status and body and return the response.

answer_json <- function(res, status, text, headers = list()) {
  answer_bytes(res, status, "application/json", text, headers)
}

# Sets headers as a whole: plumber's setHeader() appends, and a second Content-Type would be wrong.
# NOT_PACKED keeps httpuv from packing answers: it does so on the thread that serves all requests, where a
# large table would hold up the health answers, and cuts off refusals of large uploads.
NOT_PACKED <- list(`Content-Encoding` = "identity")

answer_bytes <- function(res, status, type, body, headers = list()) {
  res$status <- status
  res$headers <- c(list(`Content-Type` = type), NOT_PACKED, headers)
  res$body <- body
  res
}

answer_error <- function(res, code, message, detail = NULL, retry_after = NULL) {
  headers <- if (!is.null(retry_after)) list(`Retry-After` = as.character(retry_after)) else list()
  answer_json(res, error_status(code), error_body(code, message, detail), headers)
}

# Any error of a handler becomes an answer with a stable code; unexpected causes go to the log only.
answer_condition <- function(res, cause, route) {
  if (inherits(cause, "service_error")) {
    return(answer_error(res, cause$code, cause$message, cause$detail, cause$retry_after))
  }
  log_event("request failed", route = route, cause = conditionMessage(cause), level = "ERROR")
  answer_error(res, "SERVER_ERROR", "Something failed on our side; the log has the cause.")
}

job_view <- function(job) {
  time <- function(value) if (!is.null(value)) format(value, "%Y-%m-%dT%H:%M:%OS3Z", tz = "UTC")
  file <- file.path(job$folder, "progress.json")
  progress <- if (file.exists(file)) jsonlite::read_json(file)
  list(id = job$id, state = job$state, endpoint = job$path, progress = progress, error = job$error,
       tables = I(as.character(job$tables)), submitted_at = time(job$submitted),
       started_at = time(job$started), finished_at = time(job$finished))
}

answer_result <- function(res, job) {
  if (job$state == "failed") return(answer_error(res, job$error$code, job$error$message, job$error$detail))
  if (job$state == "cancelled") {
    return(answer_error(res, "UNKNOWN_JOB", "The job was cancelled; it has no result."))
  }
  if (job$state != "done") return(answer_error(res, "BUSY", "The fit has not ended yet.", NULL, 1L))
  answer_json(res, 200L, file_bytes(file.path(job$folder, "result.json")),
              list(`Content-Location` = job_path(job)))
}

job_path <- function(job) paste0("/jobs/", job$id)

file_bytes <- function(file) readBin(file, "raw", file.size(file))

handle_fit <- function(state, path) {
  force(path)
  function(req, res) {
    key <- req$HTTP_IDEMPOTENCY_KEY
    if (!is.null(key) && (!nzchar(key) || nchar(key) > 256L)) {
      stop_service("INVALID_INPUT", "Idempotency-Key must have 1 to 256 characters.")
    }
    if (!state$ready) stop_service("NOT_READY", "The service is still loading its models.", retry_after = 1L)
    prefers <- function(what) isTRUE(grepl(what, req$HTTP_PREFER, fixed = TRUE))
    job <- submit_job(state$store, path, request_parts(req$HTTP_CONTENT_TYPE, req$bodyRaw), key,
                      minimal = prefers("return=minimal"))
    if (prefers("respond-async")) {
      return(answer_json(res, 202L, json_text(job_view(job)),
                         list(Location = job_path(job), `Preference-Applied` = "respond-async")))
    }
    promises::then(when_finished(job), function(job) answer_result(res, job))
  }
}

handle_job <- function(state) {
  function(req, res, id) {
    answer_json(res, 200L, json_text(job_view(find_job(state$store, id))))
  }
}

handle_cancel <- function(state) {
  function(req, res, id) {
    answer_json(res, 200L, json_text(job_view(cancel_job(state$store, find_job(state$store, id)))))
  }
}

handle_result <- function(state) function(req, res, id) answer_result(res, find_job(state$store, id))

handle_table <- function(state) {
  function(req, res, id, name) {
    job <- find_job(state$store, id)
    if (job$state != "done") return(answer_result(res, job))
    if (!name %in% job$tables) {
      stop_service("UNKNOWN_JOB", "The job has no such table.", list(tables = I(as.character(job$tables))))
    }
    file <- file.path(job$folder, "tables", paste0(name, ".csv"))
    answer_bytes(res, 200L, "text/csv; charset=utf-8", file_bytes(file))
  }
}

handle_health <- function(state) {
  function(req, res) {
    answer_json(res, 200L, json_text(c(
      list(status = "ok", service = state$service$name, version = state$service$version,
           timestamp = format(Sys.time(), "%Y-%m-%dT%H:%M:%SZ", tz = "UTC")),
      state$service$facts
    )))
  }
}

handle_ready <- function(state) {
  function(req, res) {
    if (!state$ready) stop_service("NOT_READY", state$not_ready_because)
    answer_json(res, 200L, json_text(list(status = "ready", service = state$service$name)))
  }
}

handle_metrics <- function(state) {
  function(req, res) {
    text <- metrics_text(state$metrics, service_gauges(state))
    answer_bytes(res, 200L, "text/plain; version=0.0.4", text)
  }
}
