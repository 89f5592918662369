# Times one calibration and its scores: Rscript measure.R FOLDER MODEL N_LEARNERS N_ITEMS ROUNDS. Reads the
# answers from FOLDER as 32-bit integers, so that only the work on arrays in memory is timed. Writes the
# estimates to FOLDER and prints JSON.
suppressPackageStartupMessages(library(sparseirt))

given <- commandArgs(TRUE)
folder <- given[[1L]]
model <- given[[2L]]
n_learners <- as.integer(given[[3L]])
n_items <- as.integer(given[[4L]])

column <- function(name) {
  file <- file.path(folder, paste0(name, ".bin"))
  readBin(file, "integer", file.size(file) / 4)
}
keep <- function(x, name) writeBin(as.double(x), file.path(folder, paste0(name, ".out")))
seconds <- function(expression) system.time(expression, gcFirst = TRUE)[["elapsed"]]

learner <- column("learner")
item <- column("item")
right <- column("right")
timed <- NULL
for (round in seq_len(as.integer(given[[5L]]))) {
  fit_seconds <- seconds(fit <- calibrate(learner, item, right, model, n_learners, n_items))
  score_seconds <- seconds(scores <- score(learner, item, right, fit$items))
  timed <- cbind(timed, c(fit = fit_seconds, score = score_seconds))
}
peak <- grep("^VmHWM", readLines("/proc/self/status"), value = TRUE)
answers <- sparseirt:::build_answers(learner, item, right, n_learners, n_items, 2L)
state <- with(fit, list(a = items$a, d = items$d, c = items$c, mean = 0, sd = 1))
se_seconds <- seconds(
  .Call(sparseirt:::C_cross_products_of, answers$answers, state, fit$n_nodes, model == "3PL", 1L, FALSE, 2L)
)
for (name in c("a", "b", "c", "se_a", "se_b")) keep(fit$items[[name]], name)
for (name in c("group", "theta_eap", "se_eap", "theta_wle")) keep(scores[[name]], name)
best <- which.min(colSums(timed))
cat(jsonlite::toJSON(list(
  fit = timed[["fit", best]], score = timed[["score", best]], standard_errors = se_seconds,
  iterations = fit$iterations, converged = fit$converged,
  peak_mb = as.numeric(gsub("[^0-9]", "", peak)) / 1024
), auto_unbox = TRUE, digits = NA))
