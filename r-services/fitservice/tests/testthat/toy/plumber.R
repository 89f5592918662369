# A service with no statistics in it: what the HTTP tests talk to.

burn <- function(seconds) {
  until <- proc.time()[["elapsed"]] + seconds
  while (proc.time()[["elapsed"]] < until) sqrt(runif(1000L))
}

numbers <- fitservice::prototype(
  id = fitservice::column("character"), x = fitservice::column("double", min = 0), unique = "id"
)

toy_sum <- function(tables, parameters, progress) {
  x <- tables$numbers$x
  list(
    result = list(sum = sum(x), third = 1 / 3),
    tables = list(toy_numbers = data.frame(id = tables$numbers$id, x = x)),
    gates = data.frame(name = "total", value = sum(x), lower = 0, upper = NA_real_)
  )
}

toy_work <- function(tables, parameters, progress) {
  progress("working", 1L, 2L)
  cat(Sys.getpid(), "\n", file = parameters$trace, append = TRUE)
  burn(parameters$seconds)
  list(result = list(pid = Sys.getpid(), folder = tempdir()))
}

toy_break <- function(tables, parameters, progress) {
  switch(
    parameters$how,
    error = stop("the password is tulip"),
    death = tools::pskill(Sys.getpid(), 9L),
    scarce = fitservice::stop_service("NOT_ESTIMABLE", "Too few.", list(n = 1L, needed = 2L)),
    infinite = list(result = list(x = Inf))
  )
}

fitservice::service(
  "r-toy-plumber", "1.2.3",
  list(
    fitservice::endpoint("/toy/sum", toy_sum, tables = list(numbers = numbers)),
    fitservice::endpoint("/toy/work", toy_work, parameters = list(
      seconds = fitservice::parameter("double", 1, min = 0),
      trace = fitservice::parameter("character", "/dev/null")
    )),
    fitservice::endpoint("/toy/break", toy_break, parameters = list(
      how = fitservice::parameter("character", required = TRUE,
                                  choices = c("error", "death", "scarce", "infinite"))
    ))
  ),
  self_test = function() stopifnot(toy_sum(list(numbers = data.frame(id = "a", x = 2)))$result$sum == 2),
  facts = list(toolbox = "abacus")
)
