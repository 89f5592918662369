# Runs the R tests, all or those of the folders named: Rscript --vanilla r-services/run-tests.R [irt forecast]
# The project's packages are installed first if they differ from this checkout.

Sys.setenv(TZ = "UTC") # as the services have it
home <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[[1L]])))
current <- system2("bash", c(shQuote(file.path(dirname(home), "scripts", "setup.sh")), "r-packages"))
if (current != 0L) {
  cat("run-tests.R: the project's R packages do not install; the reason is above\n", file = stderr())
  quit(save = "no", status = 1L)
}
.libPaths(c(file.path(dirname(home), ".r-library"), .libPaths()))
suppressPackageStartupMessages(library(fitservice))

suites <- sort(Sys.glob(file.path(home, "*", "tests", "testthat")))
names(suites) <- basename(dirname(dirname(suites)))
wanted <- commandArgs(TRUE)
if (!all(wanted %in% names(suites))) {
  cat("run-tests.R: the folders with tests are", names(suites), "\n", file = stderr())
  quit(save = "no", status = 2L)
}
if (length(wanted)) suites <- suites[wanted]
results <- lapply(suites, function(folder) {
  began <- proc.time()[["elapsed"]]
  frame <- as.data.frame(testthat::test_dir(folder, reporter = "summary", stop_on_failure = FALSE))
  data.frame(suite = basename(dirname(dirname(folder))), tests = nrow(frame), checks = sum(frame$nb),
             failed = sum(frame$failed) + sum(frame$error), skipped = sum(frame$skipped),
             seconds = round(proc.time()[["elapsed"]] - began, 1))
})
summary <- do.call(rbind, results)
cat("\n")
print(summary, row.names = FALSE)
quit(save = "no", status = if (sum(summary$failed) > 0L) 1L else 0L)
