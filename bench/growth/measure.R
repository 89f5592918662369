# Fits once in this process; prints one line of JSON with seconds, effective draws and peak memory.
#   Rscript --vanilla measure.R LEARNERS marginal|brms errors|plain

arguments <- commandArgs(TRUE)
n <- as.integer(arguments[1L])
engine <- arguments[2L]
errors <- arguments[3L] == "errors"
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
service <- fitservice::load_service(file.path(here, "..", "..", "r-services", "brms"))
one <- service$endpoints[["/growth/fit"]]

# 12 weeks each; individual errors from 0.2 to 0.6.
school <- function(n) {
  set.seed(1)
  a <- stats::rnorm(n, 0.2, 0.8)
  b <- 0.05 + 0.06 * (0.3 * (a - 0.2) / 0.8 + sqrt(0.91) * stats::rnorm(n))
  learner <- rep(seq_len(n), each = 12L)
  week <- rep(1:12, n)
  se <- if (errors) stats::runif(12L * n, 0.2, 0.6) else rep(0, 12L * n)
  score <- a[learner] + b[learner] * (week - 6.5) + sqrt(0.09 + se^2) * stats::rnorm(12L * n)
  rows <- data.frame(student_id = sprintf("u%06d", learner), week = as.Date("2024-01-01") + 7L * (week - 1L),
                     score = score)
  if (errors) rows$se <- se
  rows
}

parameters <- lapply(one$parameters, function(rule) rule$default)
parameters[c("engine", "as_of")] <- list(engine, as.Date("2024-03-24"))
# brms includes the warm-up in `iter`: 2 x 1,000 draws are kept
if (engine == "brms") parameters$iter <- 2000L
# One attempt: a second one would make the comparison unfair, and the figures show the quality of the first.
assign("all_pass", function(gates) TRUE, environment(one$fit))
rows <- school(n)
stages <- c()
note <- function(stage, ...) stages[[stage]] <<- proc.time()[["elapsed"]]
began <- proc.time()[["elapsed"]]
answer <- one$fit(list(rows = rows), parameters, note)
ended <- proc.time()[["elapsed"]]
diagnostics <- answer$result$diagnostics
status <- readLines("/proc/self/status")
peak_kb <- as.numeric(gsub("[^0-9]", "", grep("^VmHWM", status, value = TRUE)))
cat(fitservice::json_text(list(
  fit = stages[["learners"]] - began, learners = stages[["checking"]] - stages[["learners"]],
  all = ended - began,
  ess = min(diagnostics$ess_bulk, diagnostics$ess_tail), peak_mb = peak_kb / 1024,
  trust = if (is.null(diagnostics$rhat)) diagnostics$pareto_k else diagnostics$rhat
)), "\n", sep = "")
