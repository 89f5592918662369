# What a service refuses to start with, and that it leaves nothing behind.

run_script <- function(..., environment = character()) {
  script <- file.path("..", "..", "..", "run.R")
  processx::run(
    file.path(R.home("bin"), "Rscript"), c("--vanilla", script, ...), error_on_status = FALSE,
    env = c("current", R_LIBS = paste(.libPaths(), collapse = ":"), INTERNAL_TOKEN = "", environment)
  )
}

test_that("wrong usage and settings exit 2 with one line", {
  skip_if_not(file.exists("../../../run.R"), "run.R is not beside the package")
  cases <- list(
    run_script(), run_script("nosuch"), run_script("forecast", "--port", "x"),
    run_script("forecast", "--port"),
    run_script("forecast", "--host", "0.0.0.0"),
    run_script("forecast", environment = c(MAX_JOBS = "many"))
  )
  for (case in cases) {
    expect_equal(case$status, 2L)
    expect_length(strsplit(trimws(case$stderr), "\n")[[1L]], 1L)
  }
  expect_match(cases[[5L]]$stderr, "INTERNAL_TOKEN is not set")
  expect_match(cases[[6L]]$stderr, "MAX_JOBS is 'many'; allowed is a whole number from 1 to 64")
})

test_that("a failed self-test never becomes ready", {
  folder <- tempfile("bad")
  dir.create(folder)
  writeLines("fitservice::service('r-bad', '1', list(), function() stop('wrong answer'))",
             file.path(folder, "plumber.R"))
  expect_true(fitservice::load_service(folder)$name == "r-bad")
  expect_error(fitservice::run_self_test(folder), "wrong answer")
})

test_that("fits and files end with the service, even when it is killed", {
  service <- start_service("toy")
  trace <- tempfile()
  post_json(service, "/toy/work", list(seconds = 60, trace = trace), list(Prefer = "respond-async"))
  pid <- process_in(trace)
  service$process$kill()
  until <- proc.time()[["elapsed"]] + 10
  while (tools::pskill(pid, 0L) && proc.time()[["elapsed"]] < until) Sys.sleep(0.05)
  expect_false(tools::pskill(pid, 0L))
})
