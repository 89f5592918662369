# A small fit with a known answer, run once when the service starts; /readyz waits for it.

# Uniform numbers by Park and Miller's generator: R's own random numbers are not touched.
even_numbers <- function(n, seed = 7) {
  states <- Reduce(function(x, i) (16807 * x) %% 2147483647, seq_len(n), seed, accumulate = TRUE)
  unlist(states)[-1L] / 2147483647
}

# Answers of 300 learners to 10 items with a = 1.
self_test_rows <- function(n = 300L, b = seq(-1.5, 1.5, length.out = 10L)) {
  rows <- expand.grid(item = seq_along(b), learner = seq_len(n))
  theta <- stats::qnorm(even_numbers(n))
  chance <- stats::plogis(theta[rows$learner] - b[rows$item])
  data.frame(user_id = sprintf("u%03d", rows$learner), item_id = sprintf("i%02d", rows$item),
             is_correct = even_numbers(nrow(rows), seed = 11) < chance)
}

self_test <- function() {
  parameters <- lapply(irt_calibrate_parameters(), function(one) one$default)
  answer <- fit_irt(list(observations = self_test_rows()), parameters)
  b <- vapply(answer$result$item_params$params, function(text) jsonlite::parse_json(text)$b, 0)
  stopifnot(all(answer$gates$value >= answer$gates$lower),
            max(abs(b - seq(-1.5, 1.5, length.out = 10L))) < 0.5)
}
