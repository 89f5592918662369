# Runs the R tests, all or those of the folders named: Rscript --vanilla r-services/run-tests.R [irt forecast]
# Without names, a suite that passed is left out while its files and all packages are the same.
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

packages <- c("fitservice", "growthcurve", "numerics", "sparseirt")
versions <- utils::installed.packages()[, "Version"]
machine <- c(R.version.string, paste("slow:", Sys.getenv("DREAMSEED_SLOW")),
             sort(paste(names(versions), versions)))
# What the result of a suite rests on: the machine's packages, and each file with its hash.
rests_on <- function(suite) {
  files <- c(list.files(home, full.names = TRUE, pattern = "[.]"),
             list.files(file.path(home, unique(c(suite, packages))), recursive = TRUE, full.names = TRUE))
  files <- sort(grep("[.](o|so)$", files, value = TRUE, invert = TRUE))
  c(machine, paste(unname(tools::md5sum(files)), substring(files, nchar(home) + 2L)))
}
record_of <- function(suite) file.path(dirname(home), "target", "r-tests", paste0(suite, ".txt"))
has_passed <- function(suite) {
  file.exists(record_of(suite)) && identical(readLines(record_of(suite)), rests_on(suite))
}
if (length(wanted) == 0L) {
  known <- Filter(has_passed, names(suites))
  for (suite in known) cat(suite, "is unchanged since it passed\n")
  suites <- suites[setdiff(names(suites), known)]
}
if (length(suites) == 0L) quit(save = "no")
states <- sapply(names(suites), rests_on, simplify = FALSE)

results <- lapply(suites, function(folder) {
  began <- proc.time()[["elapsed"]]
  frame <- as.data.frame(testthat::test_dir(folder, reporter = "summary", stop_on_failure = FALSE))
  data.frame(suite = basename(dirname(dirname(folder))), tests = nrow(frame), checks = sum(frame$nb),
             failed = sum(frame$failed) + sum(frame$error), skipped = sum(frame$skipped),
             seconds = round(proc.time()[["elapsed"]] - began, 1))
})
summary <- do.call(rbind, results)
dir.create(file.path(dirname(home), "target", "r-tests"), showWarnings = FALSE, recursive = TRUE)
for (suite in summary$suite[summary$failed == 0L]) writeLines(states[[suite]], record_of(suite))
cat("\n")
print(summary, row.names = FALSE)
quit(save = "no", status = if (sum(summary$failed) > 0L) 1L else 0L)
