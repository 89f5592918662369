# Independent pieces of work in a few processes; what a piece returns does not depend on how many there are.

WORKERS <- 2L

# tasks: functions without arguments. Returns their values; raises the first error any of them raised.
in_parallel <- function(tasks, progress) {
  batches <- split(seq_along(tasks), (seq_along(tasks) - 1L) %/% WORKERS)
  gc() # the processes share what is left; they need not copy what nobody needs
  values <- lapply(batches, function(batch) {
    progress("validating", batch[[1L]] - 1L, length(tasks))
    parallel::mclapply(tasks[batch], finished, mc.cores = WORKERS, mc.set.seed = FALSE)
  })
  values <- unlist(unname(values), recursive = FALSE)
  for (value in values) if (inherits(value, "condition")) stop(value)
  if (any(vapply(values, is.null, TRUE))) stop("a process of the validation ended before its work was done")
  values
}

finished <- function(task) tryCatch(task(), error = function(cause) cause)
