# Lints the R code. Exits 1 if there is a finding. All rules are in this file.
# Files that were clean in the last clean run are left out while they, the rules and lintr are the same.
rules <- lintr::linters_with_defaults(
  line_length_linter = lintr::line_length_linter(110L),
  object_name_linter = lintr::object_name_linter(
    styles = c("snake_case", "symbols", "SNAKE_CASE", "CamelCase", "camelCase") # camel: plumber's names
  ),
  object_usage_linter = NULL, # does not see functions in other files of a service
  cyclocomp_linter = NULL # needs a package that Debian does not have
)
folders <- c("r-services", "bench", "scripts")
files <- list.files(folders, pattern = "[.]R$", recursive = TRUE, full.names = TRUE)
clean <- file.path("target", "lint", "clean_r_files.txt")
rules_key <- paste(tools::md5sum("scripts/lint.R"), utils::packageVersion("lintr"), getRversion())
keys <- paste(tools::md5sum(files), rules_key, files)
due <- files[!keys %in% (if (file.exists(clean)) readLines(clean))]
found <- do.call(c, lapply(due, function(file) unclass(lintr::lint(file, linters = rules))))
for (lint in found) cat(sprintf("%s:%d: %s\n", lint$filename, lint$line_number, lint$message))
if (length(found) == 0L) {
  dir.create(dirname(clean), showWarnings = FALSE, recursive = TRUE)
  writeLines(keys, clean)
}
quit(status = as.integer(length(found) > 0L))
