# Measures the segments fit in this process; prints one line of JSON.
#   measure.R speed LEARNERS | noise KIND SEEDS | identity SEEDS

arguments <- commandArgs(TRUE)
service <- fitservice::load_service(file.path("r-services", "cluster"))
fit <- environment(service$endpoints[["/cluster/fit"]]$fit)
parameters <- lapply(fit$segments_fit_parameters(), function(one) one$default)

learners <- function(x) data.frame(user_id = sprintf("u%06d", seq_len(nrow(x))), x)

# Nine features; four of them separate three segments; a tenth of the values is missing.
planted <- function(n) {
  kind <- sample.int(3L, n, replace = TRUE, prob = c(0.5, 0.3, 0.2))
  centers <- rbind(c(3, 0, 2, 0), c(-2, 2, 0, 2), c(0, -3, -2, -1))
  x <- cbind(centers[kind, ], matrix(0, n, 5L)) + stats::rnorm(9L * n)
  x[sample.int(length(x), length(x) %/% 10L)] <- NA
  structure(learners(x), truth = kind)
}

correlated <- function(n, r, p = 7L) sqrt(r) * stats::rnorm(n) + sqrt(1 - r) * matrix(stats::rnorm(n * p), n)

# Each is one population of 1,000 learners, with seven features.
noises <- list(
  gaussian = function(n) correlated(n, 0),
  uniform = function(n) matrix(stats::runif(7L * n), n),
  correlated = function(n) correlated(n, 0.6),
  two_factors = function(n) {
    loadings <- matrix(stats::rnorm(14L), 2L)
    matrix(stats::rnorm(2L * n), n) %*% loadings + matrix(stats::rnorm(7L * n, sd = 0.5), n)
  },
  skewed = function(n) exp(0.6 * correlated(n, 0.5)),
  heavy_tails = function(n) correlated(n, 0.4) / sqrt(stats::rchisq(n, 3) / 3),
  many_zeros = function(n) {
    z <- correlated(n, 0.4)
    cbind(pmax(z[, 1:2], 0), pmax(z[, 3L] - 0.8, 0), exp(0.7 * z[, 4L]), z[, 5:7])
  },
  counts = function(n) {
    sessions <- 1 + stats::rpois(n, exp(1 + stats::rnorm(n)))
    gap <- pmax(1, 84 / (sessions + 1) * exp(stats::rnorm(n, 0, 0.4)))
    answers <- sessions + stats::rpois(n, 6 * sessions)
    log1p(cbind(sessions, answers, gap, exp(matrix(stats::rnorm(4L * n), n))))
  }
)

answer_for <- function(rows, previous = NULL, ...) {
  fit$fit_segments(list(features = rows, previous = previous), utils::modifyList(parameters, list(...)))
}

speed <- function(n) {
  set.seed(3L)
  rows <- planted(n)
  invisible(gc(reset = TRUE))
  took <- system.time(answer <- answer_for(rows))
  found <- answer$tables$segment_assignments
  status <- readLines("/proc/self/status")
  peak <- as.numeric(gsub("[^0-9]", "", grep("^VmHWM", status, value = TRUE))) / 1024
  list(seconds = took[["elapsed"]], cpu = sum(took[1:2]), peak_mb = peak,
       k = answer$tables$segment_meta$n_clusters,
       ari = fit$adjusted_rand(found$segment_id, attr(rows, "truth")))
}

noise <- function(kind, seeds) {
  chosen <- vapply(seq_len(seeds), function(seed) {
    set.seed(seed)
    answer_for(learners(noises[[kind]](1000L)), sample_size = 500L, n_references = 20L,
               n_bootstraps = 20L)$tables$segment_meta$n_clusters
  }, 1L)
  list(one = mean(chosen == 1L), largest = max(chosen))
}

identity <- function(seeds) {
  kept <- vapply(seq_len(seeds), function(seed) {
    set.seed(seed)
    rows <- planted(600L)
    few <- list(n_references = 20L, n_bootstraps = 20L)
    before <- do.call(answer_for, c(list(rows), few))$tables$segment_assignments[c("user_id", "segment_id")]
    before$segment_id <- sample(11:20)[before$segment_id]
    stays <- function(after) mean(after$segment_id == before$segment_id[match(after$user_id, before$user_id)])
    again <- function(rows) do.call(answer_for, c(list(rows, before, seed = seed + 1000L), few))$tables
    fewer <- rows[-sample.int(600L, 60L), ]
    c(stays(again(rows)$segment_assignments), stays(again(fewer)$segment_assignments))
  }, double(2L))
  list(seed = min(kept[1L, ]), removed = min(kept[2L, ]))
}

measured <- switch(arguments[1L], speed = speed(as.integer(arguments[2L])),
                   noise = noise(arguments[2L], as.integer(arguments[3L])),
                   identity = identity(as.integer(arguments[2L])))
cat(fitservice::json_text(measured), "\n")
