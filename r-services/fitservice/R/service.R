# The parts of a service. A service folder holds plain R files and one plumber.R whose last value is
# `fitservice::service(...)`; nothing in the fit files knows about HTTP.

#' Declare one endpoint.
#'
#' @param path Route, such as "/survival/fit".
#' @param fit Plain function(tables, parameters, progress) returning list(result, tables, gates, notices):
#'   `result` is a list written as JSON, `tables` a named list of data.frames (landing tables),
#'   `gates` a data.frame (name, value, lower, upper), `notices` texts.
#'   `progress(stage, done, total, ...)` may be called at any time; further named facts are reported with it.
#' @param tables Named list of prototypes, one per table of the request.
#' @param parameters Named list of `parameter()`s.
#' @param check NULL or function(tables, parameters) returning problems across columns (see `problem_rows`).
#' @return A list for `service()`.
endpoint <- function(path, fit, tables = list(), parameters = list(), check = NULL) {
  list(path = path, fit = fit, tables = tables, parameters = parameters, check = check)
}

#' Declare a service.
#'
#' @param name Deployment name, such as "r-forecast-plumber".
#' @param version Version of the service's own code.
#' @param endpoints List of `endpoint()`s.
#' @param self_test Function without arguments that fits a small data set and stops if the answer is wrong.
#' @param facts Named list of scalars that the health answers carry too.
#' @return A list of class `fit_service`.
service <- function(name, version, endpoints, self_test, facts = list()) {
  names(endpoints) <- vapply(endpoints, function(one) one$path, "")
  structure(list(name = name, version = version, endpoints = endpoints, self_test = self_test, facts = facts),
            class = "fit_service")
}

#' Load a service folder: its R files, then plumber.R.
#'
#' @param folder Path with plumber.R in it.
#' @return The `fit_service`.
load_service <- function(folder) {
  home <- new.env(parent = globalenv())
  files <- sort(list.files(folder, pattern = "\\.R$", full.names = TRUE), method = "radix")
  last <- basename(files) == "plumber.R"
  if (!any(last)) stop_settings("There is no plumber.R in the service folder '", basename(folder), "'.")
  for (file in files[!last]) sys.source(file, home, keep.source = FALSE)
  made <- source(files[last], local = home, keep.source = FALSE)$value
  stopifnot(inherits(made, "fit_service"))
  made
}
