# Runs every test of the R side: Rscript --vanilla r-services/run-tests.R
# The shared package is installed afresh into a temporary library, so that the tests see this checkout.

home <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[[1L]])))
library_folder <- file.path(tempdir(), "library")
dir.create(library_folder)
installed <- system2(
  file.path(R.home("bin"), "R"),
  c("CMD", "INSTALL", "--no-docs", paste0("--library=", library_folder), file.path(home, "fitservice")),
  stdout = FALSE, stderr = FALSE
)
if (installed != 0L) {
  cat("run-tests.R: the package fitservice does not install\n", file = stderr())
  quit(save = "no", status = 1L)
}
.libPaths(c(library_folder, .libPaths()))
suppressPackageStartupMessages(library(fitservice))

suites <- sort(Sys.glob(file.path(home, "*", "tests", "testthat")))
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
