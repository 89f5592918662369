# Measures the segments fit in this process; prints one line of JSON.
#   measure.R speed LEARNERS | noise KIND SEEDS | power CELL SEEDS | identity SEEDS

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

# One population whose features are curved functions of one lognormal rate of activity; a share `single` has
# one active day, and so no gap.
one_rate <- function(n, single = 0) {
  rate <- exp(stats::rnorm(8L * n, 1.5))
  days <- stats::rbinom(8L * n, 84L, 1 - exp(-rate / 84))
  kept <- which(days > 1L)[seq_len(n)]
  rate <- rate[kept]
  days <- replace(days[kept], stats::runif(n) < single, 1L)
  span <- vapply(days, function(d) diff(range(sample.int(84L, d))), 1)
  sessions <- days + stats::rpois(n, 0.25 * days)
  attempts <- 1L + stats::rpois(n, days * exp(1.5 + 0.15 * log(rate) + stats::rnorm(n, 0, 0.4)))
  weeks <- pmin(days, 1 + stats::rbinom(n, 11L, 1 - exp(-rate / 12)))
  busy <- stats::plogis(log(attempts / days) - 1.5 + stats::rnorm(n, 0, 0.3))
  engagement <- 0.4 * pmin(sessions / weeks / 5, 1) + 0.3 * sqrt(days / 84) + 0.3 * busy
  data.frame(engagement, sessions, mean_gap_days = ifelse(days > 1L, span / (days - 1), NA), attempts)
}

# Each is one population, with seven features or those that follow one rate.
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
  },
  one_rate = one_rate,
  one_rate_and_single_days = function(n) one_rate(n, 0.3),
  one_rate_beside_noise = function(n) cbind(one_rate(n, 0.3), as.data.frame(abs(correlated(n, 0, 3L))))
)

# Groups that lie `apart` standard deviations in each of some features, with noise that correlates by r.
parted <- function(n, p, informative, apart, share = 0.5, signs = 1, r = 0) {
  kind <- 1L + (stats::runif(n) > share)
  x <- correlated(n, r, p)
  x[, seq_len(informative)] <- x[, seq_len(informative)] + outer(kind, rep_len(signs, informative) * apart)
  structure(learners(x), truth = kind)
}

powers <- list(
  two_at_2 = function(n) parted(n, 7L, 2L, 2), two_at_3 = function(n) parted(n, 7L, 2L, 3),
  two_at_4 = function(n) parted(n, 7L, 2L, 4), two_at_6 = function(n) parted(n, 7L, 2L, 6),
  two_at_6_opposite = function(n) parted(n, 7L, 2L, 6, signs = c(1, -1)),
  four_at_1.5 = function(n) parted(n, 7L, 4L, 1.5), four_at_2 = function(n) parted(n, 7L, 4L, 2),
  four_at_3 = function(n) parted(n, 7L, 4L, 3),
  four_at_3_of_15_percent = function(n) parted(n, 7L, 4L, 3, share = 0.85),
  seven_at_1 = function(n) parted(n, 7L, 7L, 1), seven_at_1.5 = function(n) parted(n, 7L, 7L, 1.5),
  seven_at_2 = function(n) parted(n, 7L, 7L, 2),
  seven_at_3_correlated = function(n) parted(n, 7L, 7L, 3, r = 0.3),
  one_of_two_at_6 = function(n) parted(n, 2L, 1L, 6),
  three_groups_at_3 = function(n) {
    kind <- sample.int(3L, n, replace = TRUE)
    own <- outer(kind, rep(1:3, each = 2L), `==`)
    structure(learners(correlated(n, 0, 6L) + 3 * own), truth = kind)
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
    answer_for(learners(noises[[kind]](400L)), n_bootstraps = 20L)$tables$segment_meta$n_clusters
  }, 1L)
  list(one = mean(chosen == 1L), largest = max(chosen))
}

# Beside it k-means with the number of groups that there are, on values as they are drawn.
power <- function(cell, seeds) {
  found <- vapply(seq_len(seeds), function(seed) {
    set.seed(seed)
    rows <- powers[[cell]](400L)
    truth <- attr(rows, "truth")
    given <- stats::kmeans(rows[-1L], length(unique(truth)), nstart = 20L)$cluster
    answer <- answer_for(rows, n_bootstraps = 20L)$tables
    c(answer$segment_meta$n_clusters, length(unique(truth)),
      fit$adjusted_rand(answer$segment_assignments$segment_id, truth), fit$adjusted_rand(given, truth))
  }, double(4L))
  list(found = mean(found[1L, ] > 1), right = mean(found[1L, ] == found[2L, ]),
       ari = mean(found[3L, found[1L, ] > 1]), given = mean(found[4L, ]))
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
                   power = power(arguments[2L], as.integer(arguments[3L])),
                   identity = identity(as.integer(arguments[2L])))
cat(fitservice::json_text(measured), "\n")
