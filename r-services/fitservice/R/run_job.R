# The fit's process. It communicates with the main process through files in the job's folder:
# request.json and part files in; progress.json, result.json, tables/*.csv and outcome.json out.

#' Carry out the request in a job folder and leave outcome.json there.
#'
#' @param service_folder Folder with plumber.R.
#' @param job_folder Folder with request.json.
#' @return Nothing; outcome.json says `done`, or holds the error to answer with.
run_job <- function(service_folder, job_folder) {
  tools::psnice(value = 5L)  # the main process answers first
  data.table::setDTthreads(0L)  # all processors: this process does nothing else
  outcome <- tryCatch(
    completed_job(service_folder, job_folder),
    service_error = function(cause) {
      list(state = "failed", error = cause[c("code", "message", "detail")])
    },
    error = function(cause) {
      # `cause` and `call` go to the log, `error` to the caller
      list(state = "failed", cause = conditionMessage(cause), call = deparse(conditionCall(cause))[[1L]],
           error = list(code = "SERVER_ERROR",
                        message = "The fit failed on our side; the log has the cause."))
    }
  )
  write_whole(file.path(job_folder, "outcome.json"), json_text(outcome))
}

completed_job <- function(service_folder, job_folder) {
  began <- proc.time()[["elapsed"]]
  request <- jsonlite::read_json(file.path(job_folder, "request.json"))
  loaded <- load_service(service_folder)
  one <- loaded$endpoints[[request$path]]
  read <- read_request(job_folder, request, one$tables, request$max_unpacked_bytes)
  progress <- function(stage, done = NULL, total = NULL, ...) {
    state <- list(stage = stage, done = done, total = total, ...)
    write_whole(file.path(job_folder, "progress.json"), json_text(state))
  }
  progress("reading")
  answer <- run_endpoint(one, read$raw, read$given, progress)
  if (length(read$unknown)) {
    left_out <- sprintf("part %s is not in the contract and was left out.", read$unknown)
    answer$notices <- c(left_out, answer$notices)
  }
  progress("writing")
  if (isTRUE(request$minimal)) answer$result <- NULL
  write_answer(job_folder, answer, loaded)
  rows_in <- sum(vapply(read$raw, function(raw) raw$n, 1))
  list(state = "done", gates = answer$gates, tables = I(as.character(names(answer$tables))),
       rows_in = rows_in, seconds = proc.time()[["elapsed"]] - began)
}

write_answer <- function(job_folder, answer, loaded) {
  dir.create(file.path(job_folder, "tables"))
  for (name in names(answer$tables)) {
    write_csv_table(answer$tables[[name]], file.path(job_folder, "tables", paste0(name, ".csv")))
  }
  gates <- if (is.null(answer$gates)) list() else answer$gates
  document <- c(answer$result, list(
    gates = gates, notices = I(as.character(answer$notices)), tables = I(as.character(names(answer$tables))),
    service_version = paste(loaded$name, loaded$version)
  ))
  write_whole(file.path(job_folder, "result.json"), json_text(document))
}

# JSON text columns are quoted as text.
write_csv_table <- function(frame, file) {
  cells <- lapply(frame, csv_cells)
  data.table::fwrite(data.table::setDT(cells), file, na = "", quote = "auto", qmethod = "double", eol = "\n")
}

# fwrite keeps 15 digits only, so doubles go through number_text; those rounded to six decimals need not,
# and in a million rows that is the difference between seconds and moments.
csv_cells <- function(value) {
  if (is.logical(value)) return(ifelse(value, "t", "f"))
  if (inherits(value, "Date")) {
    known <- unique(value)
    return(as.character(known)[match(value, known)])
  }
  if (is.integer(value) || (is.double(value) && is_short(value))) return(value)
  if (!is.double(value)) return(as.character(value))
  text <- number_text(value)
  replace(text, is.na(value), NA_character_)
}

is_short <- function(x) {
  !any(is.nan(x)) && all(is.na(x) | (is.finite(x) & abs(x) < 1e6 & x == six_decimals(x)))
}

#' Round to six decimals, to the double that is nearest to the decimal number (base R's round may be one off).
#'
#' @param x Doubles.
#' @return Doubles; columns of them are written fast.
six_decimals <- function(x) round(x * 1e6) / 1e6

# A reader never sees half a file.
write_whole <- function(file, text) {
  part <- paste0(file, ".part")
  writeBin(charToRaw(enc2utf8(text)), part)
  file.rename(part, file)
}

#' Load a service and run its self-test, in a process of its own.
#'
#' @param service_folder Folder with plumber.R.
#' @return TRUE; raises what the self-test raises.
run_self_test <- function(service_folder) {
  load_service(service_folder)$self_test()
  TRUE
}
