# The package compiled for one older processor instead of several, in a library of its own.
installed_for <- function(architecture, folder) {
  home <- file.path(folder, architecture)
  dir.create(file.path(home, "library"), recursive = TRUE)
  sources <- file.path("..", "..", "..", c("sparseirt", "numerics"))
  file.copy(sources, home, recursive = TRUE)
  unlink(Sys.glob(file.path(home, "sparseirt", "src", c("*.o", "*.so"))))
  flags <- file.path(home, "Makevars")
  writeLines(sprintf("CXX17FLAGS = -O2 -DONE_PROCESSOR -march=%s", architecture), flags)
  library <- file.path(home, "library")
  status <- system2(file.path(R.home("bin"), "R"),
                    c("CMD", "INSTALL", "--no-docs", paste0("--library=", library),
                      file.path(home, "sparseirt")),
                    stdout = FALSE, stderr = FALSE, env = paste0("R_MAKEVARS_USER=", flags))
  if (status != 0L) stop("sparseirt does not compile for ", architecture)
  library
}

# It compiles the package twice, so only with DREAMSEED_SLOW=true (`make test-slow`).
test_that("the builds for older processors give the same estimates", {
  skip_if_not(identical(Sys.getenv("DREAMSEED_SLOW"), "true"), "slow: make test-slow runs it")
  skip_if_not(identical(R.version$arch, "x86_64"), "other processors have one build")
  folder <- withr::local_tempdir()
  answers <- simulated_answers(1000L, 60L, 30L, "3PL")
  best <- calibrated(answers, "3PL")$items
  saveRDS(answers, file.path(folder, "answers.rds"))
  for (architecture in c("x86-64", "x86-64-v3")) {
    library <- installed_for(architecture, folder)
    script <- file.path(folder, "run.R")
    writeLines(sprintf(paste(
      "library(sparseirt); x <- readRDS('%s/answers.rds')",
      "fit <- calibrate(x$learner, x$item, x$right, '3PL', x$n_learners, x$n_items)",
      "saveRDS(list(fit$items, score(x$learner, x$item, x$right, x$bank)), '%s/own.rds')", sep = "\n"
    ), folder, folder), script)
    status <- system2(file.path(R.home("bin"), "Rscript"), c("--vanilla", script), stdout = FALSE,
                      env = paste0("R_LIBS=", paste(c(library, .libPaths()), collapse = ":")))
    expect_equal(status, 0L)
    own <- readRDS(file.path(folder, "own.rds"))
    expect_equal(own[[1L]]$b, best$b, tolerance = 1e-3)
    expect_equal(own[[1L]]$se_b, best$se_b, tolerance = 1e-2)
    expect_equal(own[[2L]], scored(answers), tolerance = 1e-5)
  }
})
