# Starts one service: Rscript --vanilla r-services/run.R forecast --host 127.0.0.1 --port 8001
# Exits 2 with one line on wrong usage or settings.

USAGE <- "usage: Rscript --vanilla r-services/run.R SERVICE [--host 127.0.0.1] [--port 8000]"

give_up <- function(...) {
  cat("run.R: ", ..., "\n", sep = "", file = stderr())
  quit(save = "no", status = 2L)
}

script_folder <- function() {
  file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
  dirname(normalizePath(file[[1L]]))
}

read_arguments <- function(words) {
  options <- list(host = "127.0.0.1", port = "8000")
  service <- character()
  while (length(words)) {
    if (words[[1L]] %in% c("--host", "--port")) {
      if (length(words) < 2L) give_up(words[[1L]], " needs a value; ", USAGE)
      options[[substring(words[[1L]], 3L)]] <- words[[2L]]
      words <- words[-(1:2)]
    } else {
      service <- c(service, words[[1L]])
      words <- words[-1L]
    }
  }
  if (length(service) != 1L || startsWith(service[1L], "-")) give_up(USAGE)
  port <- suppressWarnings(as.numeric(options$port))
  if (!grepl("^[0-9]+$", options$port) || port < 1 || port > 65535) {
    give_up("--port is '", options$port, "'; allowed is 1 to 65535.")
  }
  list(service = service, host = options$host, port = as.integer(port))
}

main <- function() {
  arguments <- read_arguments(commandArgs(TRUE))
  folder <- file.path(script_folder(), arguments$service)
  if (!grepl("^[a-z]+$", arguments$service) || !file.exists(file.path(folder, "plumber.R"))) {
    known <- basename(dirname(Sys.glob(file.path(script_folder(), "*", "plumber.R"))))
    give_up("there is no service '", arguments$service, "'; there is: ", paste(known, collapse = ", "))
  }
  if (!requireNamespace("fitservice", quietly = TRUE)) {
    give_up("the R package fitservice is not installed; run `make setup`, or set R_LIBS to its library.")
  }
  tryCatch(fitservice::serve(folder, arguments$host, arguments$port),
           settings_error = function(cause) give_up(conditionMessage(cause)))
}

main()
