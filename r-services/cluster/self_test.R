# A small fit with a known answer, run once when the service starts; /readyz waits for it.

# Three groups on two features, spread evenly without touching R's random numbers.
self_test_rows <- function(n = 180L) {
  even <- function(start, step) (start + step * seq_len(n)) %% 1
  group <- seq_len(n) %% 3L
  data.frame(user_id = sprintf("u%03d", seq_len(n)),
             improvement = 10 * (group == 1L) + even(0.1, 0.6180339887),
             recovery = 10 * (group == 2L) + even(0.3, 0.7548776662))
}

self_test <- function() {
  defaults <- lapply(segments_fit_parameters(), function(one) one$default)
  defaults[c("n_references", "n_bootstraps")] <- list(10L, 10L)
  answer <- fit_segments(list(features = self_test_rows()), defaults)
  assigned <- answer$tables$segment_assignments
  stopifnot(answer$tables$segment_meta$n_clusters == 3L, all(assigned$strength > 0.5),
            identical(tabulate(assigned$segment_id, 3L), rep(60L, 3L)))
}
