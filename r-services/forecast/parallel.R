# Independent pieces of work in a few processes. Values do not depend on the number of processes.

WORKERS <- 2L
# Progress is reported between batches. Each batch starts new processes, hence at most this many batches.
BATCHES <- 10L

# tasks: functions without arguments; stage: what progress calls their work. Returns their values; raises the
# first error any of them raised.
in_parallel <- function(tasks, progress, stage, workers = WORKERS) {
  size <- workers * ceiling(length(tasks) / (BATCHES * workers))
  batches <- split(seq_along(tasks), (seq_along(tasks) - 1L) %/% size)
  if (workers > 1L) gc() # the processes share the memory that is left
  values <- lapply(batches, function(batch) {
    progress(stage, batch[[1L]] - 1L, length(tasks))
    parallel::mclapply(tasks[batch], finished, mc.cores = workers, mc.set.seed = FALSE)
  })
  values <- unlist(unname(values), recursive = FALSE)
  for (value in values) if (inherits(value, "condition")) stop(value)
  if (any(vapply(values, is.null, TRUE))) stop("a process ended before its work was done")
  values
}

finished <- function(task) tryCatch(task(), error = function(cause) cause)
