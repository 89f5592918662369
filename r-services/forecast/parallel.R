# Independent pieces of work in a few processes; what a piece returns does not depend on how many there are.

WORKERS <- 2L
# Progress is told between batches; each batch starts its processes anew, so there are at most so many.
BATCHES <- 10L

# tasks: functions without arguments; stage: what progress calls their work. Returns their values; raises the
# first error any of them raised.
in_parallel <- function(tasks, progress, stage) {
  size <- WORKERS * ceiling(length(tasks) / (BATCHES * WORKERS))
  batches <- split(seq_along(tasks), (seq_along(tasks) - 1L) %/% size)
  gc() # the processes share what is left; they need not copy what nobody needs
  values <- lapply(batches, function(batch) {
    progress(stage, batch[[1L]] - 1L, length(tasks))
    parallel::mclapply(tasks[batch], finished, mc.cores = WORKERS, mc.set.seed = FALSE)
  })
  values <- unlist(unname(values), recursive = FALSE)
  for (value in values) if (inherits(value, "condition")) stop(value)
  if (any(vapply(values, is.null, TRUE))) stop("a process ended before its work was done")
  values
}

finished <- function(task) tryCatch(task(), error = function(cause) cause)
