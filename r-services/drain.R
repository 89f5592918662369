# Waits until a service has no fit left, so that its pod can be stopped:
#   Rscript --vanilla r-services/drain.R --seconds 3660
# Fits run in the service's pod and their results are fetched from it. So all fits must have ended, and some
# quiet seconds must have passed since. Exits 0 then, or when the service is gone; 1 when time ran out; 2 on
# wrong usage.

USAGE <- "usage: Rscript --vanilla r-services/drain.R [--seconds 3660] [--quiet-seconds 15] [--port 8000]"

say <- function(...) cat("drain.R: ", ..., "\n", sep = "", file = stderr())

read_arguments <- function(words) {
  options <- list(seconds = 3660, `quiet-seconds` = 15, port = 8000)
  while (length(words)) {
    name <- substring(words[[1L]], 3L)
    value <- if (length(words) > 1L) suppressWarnings(as.numeric(words[[2L]])) else NA
    if (!startsWith(words[[1L]], "--") || !name %in% names(options) || is.na(value) || value < 0) {
      say("cannot read '", paste(utils::head(words, 2L), collapse = " "), "'; ", USAGE)
      quit(save = "no", status = 2L)
    }
    options[[name]] <- value
    words <- words[-(1:2)]
  }
  options
}

# The number of fits that run or wait. NA, and a line with the cause, where the service does not answer.
fits_left <- function(port) {
  no_answer <- function(cause) {
    say("no answer: ", conditionMessage(cause))
    NULL
  }
  lines <- tryCatch(readLines(sprintf("http://127.0.0.1:%.0f/metrics", port), warn = FALSE),
                    error = no_answer, warning = no_answer)
  counts <- grep("^fits_(running|queued) ", lines, value = TRUE)
  if (length(counts) == 2L) sum(as.numeric(sub("^\\S+ ", "", counts))) else NA_real_
}

# Even a busy service answers within 100 ms; one that fails to answer three times in a row is gone.
drain <- function(options) {
  started <- Sys.time()
  quiet_since <- started
  silent <- 0L
  repeat {
    left <- fits_left(options$port)
    now <- Sys.time()
    silent <- if (is.na(left)) silent + 1L else 0L
    if (silent == 3L) return(list(status = 0L, why = "the service is gone"))
    if (!is.na(left) && left > 0) quiet_since <- now
    if (silent == 0L && difftime(now, quiet_since, units = "secs") >= options$`quiet-seconds`) {
      return(list(status = 0L, why = "no fit is left"))
    }
    if (difftime(now, started, units = "secs") >= options$seconds) {
      why <- sprintf("time is up with %.0f fits left; their runners submit them again", left)
      return(list(status = 1L, why = why))
    }
    Sys.sleep(1)
  }
}

options(timeout = 5) # seconds for one answer
ended <- drain(read_arguments(commandArgs(TRUE)))
say(ended$why)
quit(save = "no", status = ended$status)
