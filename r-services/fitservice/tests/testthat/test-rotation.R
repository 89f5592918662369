# A token is changed while the service is in use, and text from requests stays text.

start_with <- function(token, previous = "") {
  start_service("toy", c(INTERNAL_TOKEN = token, INTERNAL_TOKEN_PREVIOUS = previous))
}

statuses <- function(service, tokens) {
  vapply(tokens, function(token) {
    post_json(service, "/toy/sum", list(numbers = data.frame(id = "a", x = 1)),
              list(Authorization = paste("Bearer", token)))$status
  }, 1L, USE.NAMES = FALSE)
}

test_that("while a token changes both are valid; afterwards the old one is refused", {
  during <- start_with("new", "old")
  on.exit(during$process$kill_tree(), add = TRUE)
  expect_equal(statuses(during, c("old", "new", "other")), c(200L, 200L, 401L))
  after <- start_with("new")
  on.exit(after$process$kill_tree(), add = TRUE)
  expect_equal(statuses(after, c("old", "new")), c(401L, 200L))
})

test_that("R code in a request is data", {
  service <- start_with("secret")
  on.exit(service$process$kill_tree(), add = TRUE)
  trap <- tempfile("evaluated")
  code <- sprintf("file.create('%s')", trap)
  token <- list(Authorization = "Bearer secret")
  for (body in list(list(numbers = data.frame(id = code, x = 1)),
                    list(numbers = data.frame(id = "a", x = code)),
                    list(numbers = data.frame(id = "a", x = 1), formula = paste("y ~", code)))) {
    expect_lt(post_json(service, "/toy/sum", body, token)$status, 500L)
  }
  expect_false(file.exists(trap))
})
