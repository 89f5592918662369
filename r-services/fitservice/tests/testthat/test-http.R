# Real HTTP against a real service in its own process.

service <- start_service("toy", c(
  INTERNAL_TOKEN = "new-token", INTERNAL_TOKEN_PREVIOUS = "old-token", MAX_JOBS = "2", MAX_QUEUE = "1",
  MAX_BODY_BYTES = "2000000"
))
on.exit(service$process$kill_tree(), add = TRUE)
token <- list(Authorization = "Bearer new-token")
rows <- list(numbers = data.frame(id = c("a", "b"), x = c(1, 2.5)))
asked <- c(token, list(Prefer = "respond-async"))

test_that("health answers are scalars and need no token", {
  for (path in c("/healthz", "/health")) {
    answer <- call_service(service, "GET", path)
    expect_equal(answer$status, 200L)
    expect_equal(parsed(answer)[c("status", "service", "version")],
                 list(status = "ok", service = "r-toy-plumber", version = "1.2.3"))
    expect_equal(parsed(answer)$toolbox, "abacus") # a fact of the service's own
    expect_match(answer$text, '"timestamp":"20..-..-..T..:..:..Z"', perl = TRUE)
  }
  expect_equal(call_service(service, "GET", "/readyz")$status, 200L)
})

test_that("what a fit writes for itself lies in the job's folder, and goes with it", {
  answer <- post_json(service, "/toy/work", list(seconds = 0), asked)
  job <- answer$headers$location
  wait_for_job(service, job, headers = token)
  result <- parsed(call_service(service, "GET", paste0(job, "/result"), token))
  expect_match(result$folder, paste0(basename(job), "/Rtmp[^/]*$"))
})

test_that("who prefers a minimal answer gets gates, notices and names of tables only", {
  whole <- parsed(post_json(service, "/toy/sum", rows, token))
  minimal <- parsed(post_json(service, "/toy/sum", rows, c(token, list(Prefer = "return=minimal"))))
  expect_setequal(names(minimal), c("gates", "notices", "tables", "service_version"))
  expect_equal(minimal, whole[names(minimal)])
})

test_that("either token opens, by either header; anything else is 401", {
  status <- function(headers) post_json(service, "/toy/sum", rows, headers)$status
  expect_equal(status(token), 200L)
  expect_equal(status(list(Authorization = "Bearer old-token")), 200L)
  expect_equal(status(list(`X-Internal-Token` = "new-token")), 200L)
  for (headers in list(list(), list(Authorization = "Bearer nope"), list(Authorization = "Basic new-token"),
                       list(`X-Internal-Token` = ""))) {
    answer <- post_json(service, "/toy/sum", rows, headers)
    expect_equal(c(answer$status, error_code(answer)), c("401", "UNAUTHORIZED"))
  }
  expect_equal(call_service(service, "GET", "/jobs/0")$status, 401L)
})

test_that("unknown routes and jobs are 404 in JSON", {
  expect_equal(error_code(call_service(service, "GET", "/nowhere", token)), "UNKNOWN_ROUTE")
  expect_equal(error_code(call_service(service, "GET", "/toy/sum", token)), "UNKNOWN_ROUTE")
  answer <- call_service(service, "GET", "/jobs/00000000000000000000000000000000/result", token)
  expect_equal(c(answer$status, error_code(answer)), c("404", "UNKNOWN_JOB"))
})

test_that("JSON, CSV and gzip CSV give one answer; numbers keep their digits", {
  by_json <- parsed(post_json(service, "/toy/sum", rows, token))
  for (gzip in c(FALSE, TRUE)) {
    form <- list(numbers = csv_part(rows$numbers, gzip))
    expect_equal(parsed(call_service(service, "POST", "/toy/sum", token, form = form)), by_json)
  }
  expect_identical(by_json$third, 1 / 3)
  expect_equal(by_json$gates[[1L]], list(name = "total", value = 3.5, lower = 0L, upper = NULL))
  expect_equal(by_json$service_version, "r-toy-plumber 1.2.3")
})

test_that("every problem is listed at once", {
  bad <- '{"numbers":[{"id":"a","x":-1},{"id":"a","x":"1"},{"id":7,"x":null}],"surplus":1}'
  answer <- post_json(service, "/toy/sum", bad, token)
  expect_equal(c(answer$status, error_code(answer)), c("400", "INVALID_INPUT"))
  problems <- parsed(answer)$error$detail$problems
  places <- vapply(problems, function(one) paste(one$column, one$row), "")
  expect_setequal(places, c("id 3", "x 1", "x 2", "x 3", "id 2"))
})

test_that("broken bodies are 400", {
  broken <- curl::form_data(as.raw(c(0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5)), "text/csv")
  answers <- list(
    post_json(service, "/toy/sum", "{", token),
    post_json(service, "/toy/sum", '{"numbers":[{"x":NaN}]}', token),
    post_json(service, "/toy/sum", "[]", token), post_json(service, "/toy/sum", "{}", token),
    call_service(service, "POST", "/toy/sum", c(token, list(`Content-Type` = "text/plain")), body = "x"),
    call_service(service, "POST", "/toy/sum", body = "no parts",
                 headers = c(token, list(`Content-Type` = "multipart/form-data; boundary=b"))),
    call_service(service, "POST", "/toy/sum", token, form = list(numbers = broken)),
    call_service(service, "POST", "/toy/sum", token,
                 form = list(numbers = csv_part(rows$numbers), numbers = csv_part(rows$numbers)))
  )
  for (answer in answers) expect_equal(c(answer$status, error_code(answer)), c("400", "INVALID_INPUT"))
})

# A multipart body of one part; `head` is the part's headers, "@" in it a NUL byte.
one_part_body <- function(head) {
  bytes <- charToRaw(paste0("--b\r\n", head, "\r\n\r\n", "id,x\na,1\n", "\r\n--b--\r\n"))
  replace(bytes, bytes == charToRaw("@"), as.raw(0L))
}

test_that("a part is read by its headers; malformed headers, a NUL among them, are 400", {
  send <- function(head) {
    call_service(service, "POST", "/toy/sum", body = one_part_body(head),
                 headers = c(token, list(`Content-Type` = "multipart/form-data; boundary=b")))
  }
  expect_equal(parsed(send('Content-Disposition: form-data; name="numbers"'))$sum, 1)
  expect_equal(parsed(send("content-disposition: form-data; name=numbers\r\ncontent-type: text/csv"))$sum, 1)
  for (head in c('Content-Disposition: form-data; name="num@bers"', 'Content-Disposition: form-data; name=""',
                 "Content-Disposition: form-data; name", "Content-Disposition: form-data", "nonsense", "@",
                 strrep("--b\r\n\r\n", 2000L), 'Content-Disposition: form-data; name="\xff\xfe"')) {
    answer <- send(head)
    expect_equal(c(answer$status, error_code(answer)), c("400", "INVALID_INPUT"), info = head)
  }
})

test_that("a body over the limit is 413, refused before it is sent", {
  # The service refuses by the headers and closes; a client that asks first (RFC 9110, 10.1.1) hears why.
  asking <- c(token, list(`Content-Type` = "application/json", Expect = "100-continue"))
  answer <- post_head(service, "/toy/sum", c(asking, `Content-Length` = "2000001"))
  expect_equal(c(answer$status, error_code(answer)), c("413", "TOO_LARGE"))
})

test_that("a failing fit answers honestly and leaks nothing", {
  expected <- c(error = "500 SERVER_ERROR", death = "500 SERVER_ERROR", infinite = "500 SERVER_ERROR",
                scarce = "422 NOT_ESTIMABLE", other = "400 INVALID_INPUT")
  for (how in names(expected)) {
    answer <- post_json(service, "/toy/break", list(how = how), token)
    expect_equal(paste(answer$status, error_code(answer)), expected[[how]])
    expect_no_match(answer$text, "tulip|password")
  }
  log <- paste(readLines(service$log), collapse = "\n")
  expect_match(log, "tulip")
  expect_no_match(log, "new-token|old-token")
})

test_that("asynchronous: 202, state, result, table", {
  answer <- post_json(service, "/toy/sum", rows, asked)
  expect_equal(answer$status, 202L)
  job <- answer$headers$location
  expect_equal(wait_for_job(service, job, headers = token)$state, "done")
  expect_equal(parsed(call_service(service, "GET", paste0(job, "/result"), token))$sum, 3.5)
  table <- call_service(service, "GET", paste0(job, "/tables/toy_numbers"), token)
  expect_equal(table$text, "id,x\na,1\nb,2.5\n")
  expect_match(table$headers$`content-type`, "text/csv")
  expect_equal(call_service(service, "GET", paste0(job, "/tables/other"), token)$status, 404L)
})

test_that("a failed job keeps its code and status", {
  job <- post_json(service, "/toy/break", list(how = "scarce"), asked)$headers$location
  view <- wait_for_job(service, job, headers = token)
  expect_equal(c(view$state, view$error$code), c("failed", "NOT_ESTIMABLE"))
  answer <- call_service(service, "GET", paste0(job, "/result"), token)
  expect_equal(c(answer$status, parsed(answer)$error$detail$needed), c(422L, 2L))
})

test_that("one idempotency key is one job, never a second fit; other content is refused", {
  trace <- tempfile()
  keyed <- c(asked, list(`Idempotency-Key` = "key-1"))
  first <- post_json(service, "/toy/work", list(seconds = 0.3, trace = trace), keyed)$headers$location
  again <- post_json(service, "/toy/work", list(seconds = 0.3, trace = trace), keyed)$headers$location
  expect_equal(wait_for_job(service, first, headers = token)$state, "done")
  later <- post_json(service, "/toy/work", list(seconds = 0.3, trace = trace), keyed)$headers$location
  expect_equal(c(again, later), c(first, first))
  expect_length(readLines(trace), 1L)
  other <- post_json(service, "/toy/work", list(seconds = 0.4, trace = trace), keyed)
  expect_equal(c(other$status, error_code(other)), c("400", "INVALID_INPUT"))
})

test_that("the same rows packed again, under another boundary, are the same content", {
  keyed <- c(asked, list(`Idempotency-Key` = "key-2"))
  send <- function() {
    call_service(service, "POST", "/toy/sum", keyed, form = list(numbers = csv_part(rows$numbers, TRUE)))
  }
  job <- send()$headers$location
  expect_equal(send()$headers$location, job)
  wait_for_job(service, job, headers = token)
})

test_that("cancelling ends the process within a second", {
  trace <- tempfile()
  job <- post_json(service, "/toy/work", list(seconds = 60, trace = trace), asked)$headers$location
  pid <- process_in(trace)
  running <- call_service(service, "GET", paste0(job, "/result"), token)
  expect_equal(c(running$status, error_code(running)), c("409", "BUSY"))
  expect_equal(parsed(call_service(service, "GET", job, token))$progress$stage, "working")
  began <- proc.time()[["elapsed"]]
  answer <- call_service(service, "DELETE", job, token)
  while (tools::pskill(pid, 0L)) Sys.sleep(0.01)
  expect_lt(proc.time()[["elapsed"]] - began, 1)
  expect_equal(parsed(answer)$state, "cancelled")
  expect_equal(call_service(service, "GET", paste0(job, "/result"), token)$status, 404L)
})

test_that("more than the set number of fits is BUSY; health stays quick meanwhile", {
  jobs <- replicate(3L, post_json(service, "/toy/work", list(seconds = 60), asked)$headers$location)
  busy <- post_json(service, "/toy/work", list(seconds = 60), asked)
  expect_equal(c(busy$status, error_code(busy)), c("409", "BUSY"))
  expect_true(as.numeric(busy$headers$`retry-after`) > 0)
  paths <- rep(c("/healthz", "/readyz", "/metrics"), 10L)
  seconds <- vapply(paths, function(path) call_service(service, "GET", path)$seconds, 1)
  expect_lt(stats::quantile(seconds, 0.95), 0.1)
  metrics <- call_service(service, "GET", "/metrics")$text
  expect_match(metrics, "fits_running 2\n")
  expect_match(metrics, "fits_queued 1\n")
  for (job in rev(jobs)) call_service(service, "DELETE", job, token)
})

test_that("metrics count requests, failures and gates", {
  metrics <- call_service(service, "GET", "/metrics")$text
  expect_match(metrics, "# TYPE http_requests_total counter")
  expect_match(metrics, 'http_requests_total{route="/toy/work",status="409"} 1', fixed = TRUE)
  expect_match(metrics, 'fit_failures_total{endpoint="/toy/break",code="NOT_ESTIMABLE"} 2', fixed = TRUE)
  expect_match(metrics, 'fit_gate_value{endpoint="/toy/sum",gate="total"} 3.5', fixed = TRUE)
  expect_match(metrics, 'service_info\\{service="[a-z-]+",version="[0-9.]+",r_version="[0-9.]+"\\} 1\n')
  expect_match(metrics, "http_requests_in_flight 1\n") # the scrape itself
})

metric_value <- function(text, key) {
  lines <- strsplit(text, "\n")[[1L]]
  as.numeric(sub(".* ", "", lines[startsWith(lines, paste0(key, " "))]))
}

test_that("seconds of fits and requests are histograms whose buckets add up", {
  text <- call_service(service, "GET", "/metrics")$text
  keys <- regmatches(text, gregexpr('fit_seconds_bucket\\{endpoint="/toy/sum",le="[^"]+"\\}', text))[[1L]]
  buckets <- vapply(keys, function(key) metric_value(text, key), 1)
  expect_length(buckets, 10L)
  expect_false(is.unsorted(buckets))
  expect_equal(unname(buckets[length(buckets)]), metric_value(text, 'fit_seconds_count{endpoint="/toy/sum"}'))
  expect_gt(metric_value(text, 'fit_seconds_sum{endpoint="/toy/sum"}'), 0)
  jobs <- metric_value(text, 'fit_jobs_total{endpoint="/toy/sum",state="done"}')
  expect_gte(metric_value(text, 'fit_seconds_count{endpoint="/toy/sum"}'), jobs)
  before <- metric_value(text, 'http_request_seconds_count{route="/healthz"}')
  call_service(service, "GET", "/healthz")
  text <- call_service(service, "GET", "/metrics")$text
  after <- metric_value(text, 'http_request_seconds_count{route="/healthz"}')
  expect_equal(after, before + 1)
})

test_that("Prometheus' own tool takes the metrics", {
  skip_if(!nzchar(Sys.which("promtool")), "promtool (r-services/apt-packages.txt) is not installed")
  file <- tempfile()
  writeLines(call_service(service, "GET", "/metrics")$text, file)
  checked <- processx::run("promtool", c("check", "metrics"), stdin = file, error_on_status = FALSE)
  expect_equal(checked$status, 0L, info = paste(checked$stdout, checked$stderr))
})

service$process$kill_tree()
