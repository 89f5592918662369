# Starts a real service on a free loopback port and talks to it. Also used by the tests of the services.

start_service <- function(folder, environment = character(), host = "127.0.0.1") {
  port <- httpuv::randomPort()
  log <- tempfile("service-log")
  code <- sprintf("fitservice::serve('%s', '%s', %dL)", normalizePath(folder), host, port)
  process <- processx::process$new(
    file.path(R.home("bin"), "Rscript"), c("--vanilla", "-e", code), stdout = log, stderr = "2>&1",
    env = c("current", R_LIBS = paste(.libPaths(), collapse = ":"), INTERNAL_TOKEN = "", environment)
  )
  service <- list(url = sprintf("http://127.0.0.1:%d", port), process = process, log = log)
  for (i in 1:300) {
    if (!process$is_alive()) stop("the service did not start: ", paste(readLines(log), collapse = "\n"))
    answer <- tryCatch(call_service(service, "GET", "/readyz"), error = function(cause) list(status = 0L))
    if (answer$status == 200L) return(service)
    Sys.sleep(0.05)
  }
  stop("the service did not become ready: ", paste(readLines(log), collapse = "\n"))
}

call_service <- function(service, method, path, headers = list(), form = NULL, body = NULL) {
  handle <- curl::new_handle(customrequest = method, http_version = 2L)
  if (length(headers)) curl::handle_setheaders(handle, .list = headers)
  if (!is.null(form)) curl::handle_setform(handle, .list = form)
  if (!is.null(body)) {
    bytes <- if (is.raw(body)) body else charToRaw(enc2utf8(body))
    curl::handle_setopt(handle, customrequest = method, postfields = bytes,
                        postfieldsize_large = length(bytes))
  }
  answer <- curl::curl_fetch_memory(paste0(service$url, path), handle)
  list(status = answer$status_code, text = rawToChar(answer$content), bytes = answer$content,
       headers = curl::parse_headers_list(answer$headers), seconds = answer$times[["total"]])
}

# Sends the head of a request without its body, and reads the answer until the service closes the connection.
# The package curl drops the header Expect and sends the body at once; of 2,000 such requests 104 were cut off
# before they had read the refusal.
post_head <- function(service, path, headers) {
  head <- c(sprintf("POST %s HTTP/1.1", path), "Host: localhost", paste0(names(headers), ": ", headers))
  port <- as.integer(sub(".*:", "", service$url))
  socket <- socketConnection("127.0.0.1", port, open = "r+b", blocking = TRUE, timeout = 30)
  on.exit(close(socket))
  writeBin(charToRaw(paste0(c(head, "", ""), collapse = "\r\n")), socket)
  answer <- readLines(socket, warn = FALSE)
  list(status = as.integer(strsplit(answer[1L], " ")[[1L]][2L]), text = answer[length(answer)])
}

post_json <- function(service, path, value, headers = list()) {
  call_service(service, "POST", path, c(list(`Content-Type` = "application/json"), headers),
               body = if (is.character(value)) value else fitservice::json_text(value))
}

parsed <- function(answer) jsonlite::parse_json(answer$text)

error_code <- function(answer) parsed(answer)$error$code

csv_part <- function(frame, gzip = FALSE, boolean = c("t", "f")) {
  file <- tempfile(fileext = ".csv")
  frame[] <- lapply(frame, function(x) if (is.logical(x)) ifelse(x, boolean[1L], boolean[2L]) else x)
  frame[] <- lapply(frame, function(x) {
    if (!is.double(x) || inherits(x, "Date")) return(x)
    ifelse(is.na(x) & !is.nan(x), NA, sprintf("%.17g", x))
  })
  utils::write.csv(frame, file, row.names = FALSE, na = "", quote = FALSE, fileEncoding = "UTF-8")
  if (!gzip) return(curl::form_file(file, "text/csv"))
  packed <- paste0(file, ".gz")
  target <- gzfile(packed, "wb")
  writeBin(readBin(file, "raw", file.size(file)), target)
  close(target)
  curl::form_file(packed, "text/csv")
}

wait_for_job <- function(service, path, seconds = 30, headers = list()) {
  until <- proc.time()[["elapsed"]] + seconds
  repeat {
    view <- parsed(call_service(service, "GET", path, headers))
    if (!view$state %in% c("queued", "running")) return(view)
    if (proc.time()[["elapsed"]] > until) stop("the job did not end")
    Sys.sleep(0.05)
  }
}

# The process that wrote its number to the file `trace`, as the toy service's fits do.
process_in <- function(trace, seconds = 30) {
  until <- proc.time()[["elapsed"]] + seconds
  while (!file.exists(trace) || length(readLines(trace)) == 0L) {
    if (proc.time()[["elapsed"]] > until) stop("the fit did not start")
    Sys.sleep(0.02)
  }
  as.integer(readLines(trace))
}
