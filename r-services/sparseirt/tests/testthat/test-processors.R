test_that("the builds for older processors give the same estimates", {
  folder <- withr::local_tempdir()
  answers <- simulated_answers(1000L, 60L, 30L, "3PL")
  saveRDS(answers, file.path(folder, "answers.rds"))
  code <- paste(
    "library(sparseirt); x <- readRDS('%s/answers.rds')",
    "fit <- calibrate(x$learner, x$item, x$right, '3PL', x$n_learners, x$n_items)",
    "saveRDS(list(.Call(sparseirt:::C_kernels_name), fit$items, score(x$learner, x$item, x$right, x$bank)),",
    "        '%s/%s.rds')", sep = "\n"
  )
  under <- function(build) {
    script <- file.path(folder, "run.R")
    writeLines(sprintf(code, folder, folder, build), script)
    status <- system2(file.path(R.home("bin"), "Rscript"), c("--vanilla", script), stdout = FALSE,
                      env = c(paste0("SPARSEIRT_KERNELS=", build),
                              paste0("R_LIBS=", paste(.libPaths(), collapse = ":"))))
    expect_equal(status, 0L)
    readRDS(file.path(folder, paste0(build, ".rds")))
  }
  best <- calibrated(answers, "3PL")$items
  for (build in c("baseline", "avx2")) {
    own <- under(build)
    expect_true(own[[1L]] %in% c("kernels_baseline", paste0("kernels_", build)))
    expect_equal(own[[2L]]$b, best$b, tolerance = 1e-3)
    expect_equal(own[[2L]]$se_b, best$se_b, tolerance = 1e-2)
    expect_equal(own[[3L]], scored(answers), tolerance = 1e-5)
  }
})
