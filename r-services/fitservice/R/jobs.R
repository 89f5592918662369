# Jobs: one process per fit, a limit on running fits, and a queue. The main process only starts, watches and
# ends processes and moves files, so health answers stay quick.

WATCH_SECONDS <- 0.03
FINISHED <- c("done", "failed", "cancelled")

new_job_store <- function(service_folder, settings, metrics) {
  store <- new.env(parent = emptyenv())
  store$service_folder <- service_folder
  store$settings <- settings
  store$metrics <- metrics
  store$jobs <- list()
  store$keys <- list()
  store$watching <- FALSE
  store$root <- file.path(tempdir(), "jobs")
  dir.create(store$root, showWarnings = FALSE, mode = "0700")
  store
}

seconds_between <- function(from, to) as.numeric(difftime(to, from, units = "secs"))

jobs_in <- function(store, state) Filter(function(job) job$state == state, store$jobs)

# Returns the job that answers this request: a known one for a known key, else a new one.
submit_job <- function(store, path, parts, key = NULL, minimal = FALSE) {
  expire_jobs(store)
  fingerprint <- parts_digest(path, parts)
  known <- job_of_key(store, key, fingerprint)
  if (!is.null(known)) return(known)
  refuse_if_full(store)
  job <- new_job(store, path, parts, key, fingerprint, minimal)
  watch(store)
  job
}

refuse_if_full <- function(store) {
  settings <- store$settings
  n_open <- length(jobs_in(store, "running")) + length(jobs_in(store, "queued"))
  if (n_open >= settings$max_jobs + settings$max_queue) {
    stop_service("BUSY", "As many fits run and wait as this service allows.",
                 list(max_jobs = settings$max_jobs, max_queue = settings$max_queue), retry_after = 5L)
  }
}

job_of_key <- function(store, key, fingerprint) {
  if (is.null(key) || is.null(store$keys[[key]])) return(NULL)
  job <- store$jobs[[store$keys[[key]]]]
  if (job$fingerprint != fingerprint) {
    stop_service("INVALID_INPUT", "This Idempotency-Key was used for a request with other content.",
                 list(job = job$id))
  }
  job
}

new_job <- function(store, path, parts, key, fingerprint, minimal) {
  job <- new.env(parent = emptyenv())
  job$id <- random_id()
  job$path <- path
  job$state <- "queued"
  job$key <- key
  job$fingerprint <- fingerprint
  job$submitted <- Sys.time()
  job$waiting <- list()
  job$folder <- file.path(store$root, job$id)
  write_request(job, parts, store$settings$max_unpacked_bytes, minimal)
  store$jobs[[job$id]] <- job
  if (!is.null(key)) store$keys[[key]] <- job$id
  log_event("fit submitted", job = job$id, endpoint = path)
  job
}

# From the system's random source: an id must not be guessable, and must not advance R's random numbers.
random_id <- function() {
  source <- file("/dev/urandom", "rb", raw = TRUE)
  on.exit(close(source))
  paste(readBin(source, "raw", 16L), collapse = "")
}

# `minimal`: the caller takes the tables and leaves the rest of the result (RFC 7240, `return=minimal`).
write_request <- function(job, parts, max_unpacked_bytes, minimal) {
  dir.create(job$folder, mode = "0700")
  listed <- lapply(seq_along(parts), function(i) {
    file <- sprintf("part-%d", i)
    writeBin(parts[[i]]$bytes, file.path(job$folder, file))
    list(name = parts[[i]]$name, type = parts[[i]]$type, file = file)
  })
  request <- list(path = job$path, parts = listed, max_unpacked_bytes = max_unpacked_bytes, minimal = minimal)
  write_whole(file.path(job$folder, "request.json"), json_text(request))
}

start_queued <- function(store) {
  free <- store$settings$max_jobs - length(jobs_in(store, "running"))
  for (job in utils::head(jobs_in(store, "queued"), max(0L, free))) {
    job$process <- start_process(
      function(service_folder, job_folder) fitservice::run_job(service_folder, job_folder),
      list(store$service_folder, job$folder), file.path(job$folder, "output.txt")
    )
    job$state <- "running"
    job$started <- Sys.time()
  }
}

# The tokens stay out of the fit's environment. Supervised: fits end even if the service is killed. A fit's
# temporary files are in the job's folder and are removed with it, because a killed fit cannot clean up.
start_process <- function(work, arguments, output) {
  callr::r_bg(
    work, arguments, libpath = .libPaths(), stdout = output, stderr = "2>&1", supervise = TRUE,
    user_profile = FALSE, system_profile = FALSE, package = FALSE,
    env = c(callr::rcmd_safe_env(), INTERNAL_TOKEN = "", INTERNAL_TOKEN_PREVIOUS = "",
            TMPDIR = normalizePath(dirname(output)))
  )
}

# Starts queued fits and polls running ones while there are any; idle otherwise. A fit is started in a turn of
# its own, so that a large upload and a new process do not add up to a pause.
watch <- function(store) {
  if (store$watching) return(invisible(NULL))
  store$watching <- TRUE
  look <- function() {
    for (job in jobs_in(store, "running")) check_running(store, job)
    start_queued(store)
    if (length(jobs_in(store, "running"))) later::later(look, WATCH_SECONDS)
    else store$watching <- FALSE
  }
  later::later(look, 0)
}

check_running <- function(store, job) {
  too_long <- seconds_between(job$started, Sys.time()) > store$settings$max_fit_seconds
  if (job$process$is_alive() && !too_long) return(invisible(NULL))
  if (too_long) job$process$kill_tree()
  file <- file.path(job$folder, "outcome.json")
  died <- list(state = "failed", error = list(code = "SERVER_ERROR", message = if (too_long) {
    "The fit took longer than this service allows and was ended."
  } else {
    "The fit's process ended without an answer."
  }))
  outcome <- if (file.exists(file) && !too_long) jsonlite::read_json(file) else died
  finish_job(store, job, outcome)
}

finish_job <- function(store, job, outcome) {
  job$state <- outcome$state
  job$error <- outcome$error
  job$gates <- outcome$gates
  job$tables <- unlist(outcome$tables)
  job$finished <- Sys.time()
  job$process <- NULL
  began <- if (is.null(job$started)) job$finished else job$started
  seconds <- seconds_between(began, job$finished)
  record_finish(store$metrics, job, seconds)
  log_event("fit finished", job = job$id, endpoint = job$path, state = job$state, seconds = round(seconds, 3),
            code = job$error$code, rows_in = outcome$rows_in, cause = outcome$cause, call = outcome$call,
            level = if (identical(job$error$code, "SERVER_ERROR")) "ERROR" else "INFO")
  waiting <- job$waiting
  job$waiting <- list()
  for (resolve in waiting) resolve(job)
}

record_finish <- function(metrics, job, seconds) {
  count(metrics, series("fit_jobs_total", endpoint = job$path, state = job$state))
  observe(metrics, "fit_seconds", seconds, FIT_BUCKETS, endpoint = job$path)
  if (!is.null(job$error)) {
    count(metrics, series("fit_failures_total", endpoint = job$path, code = job$error$code))
  }
  keep_gates(metrics, job$path, job$gates)
}

# A promise of the finished job.
when_finished <- function(job) {
  promises::promise(function(resolve, reject) {
    if (job$state %in% FINISHED) resolve(job)
    else job$waiting <- c(job$waiting, resolve)
  })
}

cancel_job <- function(store, job) {
  if (job$state %in% FINISHED) return(job)
  if (!is.null(job$process)) job$process$kill_tree()
  finish_job(store, job, list(state = "cancelled"))
  watch(store)
  job
}

find_job <- function(store, id) {
  expire_jobs(store)
  job <- if (grepl("^[0-9a-f]{32}$", id)) store$jobs[[id]]
  if (is.null(job)) {
    stop_service("UNKNOWN_JOB", "There is no such job; finished jobs are kept for a set time only.")
  }
  job
}

expire_jobs <- function(store) {
  old <- Filter(function(job) {
    job$state %in% FINISHED &&
      seconds_between(job$finished, Sys.time()) > store$settings$job_ttl_seconds
  }, store$jobs)
  for (job in old) {
    unlink(job$folder, recursive = TRUE)
    store$jobs[[job$id]] <- NULL
    if (!is.null(job$key)) store$keys[[job$key]] <- NULL
  }
}
