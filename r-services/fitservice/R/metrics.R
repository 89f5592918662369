# Counters for /metrics in the Prometheus text format
# (https://prometheus.io/docs/instrumenting/exposition_formats/).

new_metrics <- function() {
  metrics <- new.env(parent = emptyenv())
  metrics$counters <- list()
  metrics$gates <- list()
  metrics
}

# Keys look like name{label="value"}; labels are ours (routes, codes, gate names), never the caller's text.
series <- function(name, ...) {
  labels <- list(...)
  if (length(labels) == 0L) return(name)
  paste0(name, "{", paste0(names(labels), "=\"", unlist(labels), "\"", collapse = ","), "}")
}

count <- function(metrics, key, by = 1) {
  before <- metrics$counters[[key]]
  metrics$counters[[key]] <- (if (is.null(before)) 0 else before) + by
}

keep_gates <- function(metrics, path, gates) {
  for (gate in gates) {
    value <- if (is.null(gate$value)) "NaN" else number_text(as.double(gate$value))
    metrics$gates[[series("fit_gate_value", endpoint = path, gate = gate$name)]] <- value
  }
}

METRIC_TYPES <- c(
  http_requests_total = "counter", http_request_seconds_total = "counter", fit_jobs_total = "counter",
  fit_seconds_total = "counter", fit_failures_total = "counter", fits_running = "gauge",
  fits_queued = "gauge", service_ready = "gauge", fit_gate_value = "gauge"
)

metrics_text <- function(metrics, running, queued, ready) {
  values <- c(
    vapply(metrics$counters, number_text, ""), unlist(metrics$gates),
    fits_running = as.character(running), fits_queued = as.character(queued),
    service_ready = as.character(as.integer(ready))
  )
  lines <- lapply(names(METRIC_TYPES), function(name) {
    of_name <- values[sub("\\{.*$", "", names(values)) == name]
    if (length(of_name)) c(paste("# TYPE", name, METRIC_TYPES[[name]]), paste(names(of_name), of_name))
  })
  paste0(paste(unlist(lines), collapse = "\n"), "\n")
}
