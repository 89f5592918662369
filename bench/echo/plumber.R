# A service without a fit: reads a million rows and returns the first 100,000. See bench/wire.py.
echo_rows <- function(tables, parameters, progress) {
  list(
    result = list(rows = nrow(tables$rows)),
    tables = list(echo_risk = utils::head(tables$rows, parameters$rows_back)),
    gates = data.frame(name = "rows", value = nrow(tables$rows), lower = 1, upper = NA_real_),
    notices = character()
  )
}

rows <- fitservice::prototype(
  user_id = fitservice::column("integer"),
  item_id = fitservice::column("integer"),
  score = fitservice::column("double")
)

fitservice::service(
  name = "r-echo-plumber", version = "1",
  endpoints = list(fitservice::endpoint(
    "/echo/fit", echo_rows,
    tables = list(rows = rows), parameters = list(rows_back = fitservice::parameter("integer", 100000L))
  )),
  self_test = function() TRUE
)
