# The numbers behind /metrics, in the Prometheus text format
# (https://prometheus.io/docs/instrumenting/exposition_formats/).

new_metrics <- function() {
  metrics <- new.env(parent = emptyenv())
  metrics$counters <- list()
  metrics$gates <- list()
  metrics$in_flight <- 0
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

# Upper bounds in seconds: answers of the edge take milliseconds, fits from a moment to an hour.
REQUEST_BUCKETS <- c(0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600)
FIT_BUCKETS <- c(0.5, 1, 5, 15, 60, 180, 600, 1800, 3600)

# One more observation of a histogram. Buckets are cumulative: all from its own on grow, the last always.
observe <- function(metrics, name, seconds, buckets, ...) {
  for (bound in c(number_text(buckets), "+Inf")) {
    reached <- bound == "+Inf" || seconds <= as.numeric(bound)
    count(metrics, series(paste0(name, "_bucket"), ..., le = bound), as.numeric(reached))
  }
  count(metrics, series(paste0(name, "_sum"), ...), seconds)
  count(metrics, series(paste0(name, "_count"), ...))
}

keep_gates <- function(metrics, path, gates) {
  for (gate in gates) {
    value <- if (is.null(gate$value)) "NaN" else number_text(as.double(gate$value))
    metrics$gates[[series("fit_gate_value", endpoint = path, gate = gate$name)]] <- value
  }
}

# Name, type and help of each family, in the order of the output.
METRIC_FAMILIES <- rbind(
  c("service_info", "gauge", "Always 1; the labels name the service, its version and that of R."),
  c("service_ready", "gauge", "1 once the models are loaded and the self-test has passed."),
  c("service_start_time_seconds", "gauge", "When the process began to serve, seconds since 1970."),
  c("http_requests_total", "counter", "Requests answered, by route and status."),
  c("http_requests_in_flight", "gauge", "Requests without an answer yet; a fit that is waited for is one."),
  c("http_request_seconds", "histogram", "Seconds from a request to its answer."),
  c("fits_running", "gauge", "Fits that run now."),
  c("fits_queued", "gauge", "Fits that wait for a place."),
  c("fits_places", "gauge", "How many fits may run at once."),
  c("fit_jobs_total", "counter", "Fits that ended, by state: done, failed or cancelled."),
  c("fit_seconds", "histogram", "Seconds from a fit's start to its end."),
  c("fit_failures_total", "counter", "Fits that failed, by the code they were answered with."),
  c("fit_gate_value", "gauge", "Value of each gate of the last fit that ended.")
)

# A histogram's series are its name with one of three endings.
family_of <- function(keys) {
  names <- sub("\\{.*$", "", keys)
  histograms <- METRIC_FAMILIES[METRIC_FAMILIES[, 2L] == "histogram", 1L]
  bare <- sub("_(bucket|sum|count)$", "", names)
  ifelse(bare %in% histograms, bare, names)
}

# `now` is a named list of gauges read at this moment; a name may carry labels.
metrics_text <- function(metrics, now) {
  values <- c(vapply(metrics$counters, number_text, ""), unlist(metrics$gates), vapply(now, number_text, ""),
              http_requests_in_flight = number_text(metrics$in_flight))
  families <- family_of(names(values))
  lines <- apply(METRIC_FAMILIES, 1L, function(family) {
    own <- values[families == family[[1L]]]
    if (length(own)) {
      c(paste("# HELP", family[[1L]], family[[3L]]), paste("# TYPE", family[[1L]], family[[2L]]),
        paste(names(own), own))
    }
  }, simplify = FALSE)
  paste0(paste(unlist(lines), collapse = "\n"), "\n")
}

# The gauges of a service as it stands.
service_gauges <- function(state) {
  info <- series("service_info", service = state$service$name, version = state$service$version,
                 r_version = as.character(getRversion()))
  gauges <- list(1, as.numeric(state$ready), as.numeric(state$started),
                 length(jobs_in(state$store, "running")), length(jobs_in(state$store, "queued")),
                 state$settings$max_jobs)
  names(gauges) <- c(info, "service_ready", "service_start_time_seconds", "fits_running", "fits_queued",
                     "fits_places")
  gauges
}
