#' Serve a service folder until interrupted.
#'
#' @param folder Folder with plumber.R.
#' @param host,port Where to listen. Without a token, loopback only.
#' @param settings See `service_settings()`.
#' @return Nothing. Raises `settings_error` on wrong settings.
serve <- function(folder, host, port, settings = service_settings()) {
  check_may_bind(host, settings$tokens)
  state <- new.env(parent = emptyenv())
  state$settings <- settings
  state$service <- load_service(folder)
  state$metrics <- new_metrics()
  state$started <- Sys.time()
  state$store <- new_job_store(folder, settings, state$metrics)
  clean_up_after(tempdir())
  sweep_old_jobs(state$store)
  state$ready <- FALSE
  state$not_ready_because <- "The self-test has not ended yet."
  start_self_test(state, folder)
  router <- build_router(state)
  log_event("service starts", service = state$service$name, version = state$service$version,
            host = host, port = port, tokens = length(settings$tokens))
  router$run(host = host, port = port, docs = FALSE, quiet = TRUE)
}

start_self_test <- function(state, folder) {
  work <- function(folder) fitservice::run_self_test(folder)
  process <- start_process(work, list(folder), tempfile("self-test"))
  look <- function() {
    if (process$is_alive()) return(later::later(look, WATCH_SECONDS))
    cause <- self_test_failure(process)
    state$ready <- is.null(cause)
    if (state$ready) return(log_event("service ready", service = state$service$name))
    state$not_ready_because <- "The self-test failed; the log has the cause."
    log_event("self-test failed", cause = cause, level = "ERROR")
  }
  look()
}

# NULL, or why the self-test failed.
self_test_failure <- function(process) {
  tryCatch({
    process$get_result()
    NULL
  }, error = function(cause) {
    root <- if (is.null(cause$parent)) cause else cause$parent
    paste(conditionMessage(cause), conditionMessage(root))
  })
}

# Learners' data must not outlive the service, however it ends. A shell waits until the pipe from this process
# closes, then removes the temporary folder; after SIGTERM R itself would leave it behind.
clean_up_after <- function(folder) {
  script <- "trap '' TERM INT HUP; cat >/dev/null; rm -rf \"$0\""
  watcher <- processx::process$new("sh", c("-c", script, folder), stdin = "|", cleanup = FALSE)
  options(fitservice.cleaner = watcher)
}

sweep_old_jobs <- function(store) {
  expire_jobs(store)
  later::later(function() sweep_old_jobs(store), 60)
}
