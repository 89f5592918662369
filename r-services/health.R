# The images' health check. Exits 0 when the service in this container is ready, else 1 with the cause.
options(timeout = 4)
address <- sprintf("http://127.0.0.1:%s/readyz", Sys.getenv("PORT", "8000"))
no_answer <- function(cause) {
  cat("health.R:", conditionMessage(cause), "\n", file = stderr())
  FALSE
}
ready <- tryCatch({
  readLines(address, warn = FALSE) # stops at any status but 200
  TRUE
}, error = no_answer, warning = no_answer)
quit(save = "no", status = as.integer(!ready))
