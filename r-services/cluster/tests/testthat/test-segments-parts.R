# Each part against a library or a count by hand.

three <- local({
  rows <- planted_learners()
  fitted <- fit_scaler(rows)
  scaled_values(fitted$scaler, rows[fitted$decides, ])
})

test_that("gains are held against those of references, in standard errors, by hand", {
  drawn <- with_seed(2L, replicate(12L, matrix(stats::rnorm(200L), 100L), simplify = FALSE))
  at <- 0L
  draw <- function() drawn[[at <<- at + 1L]]
  errors <- with_seed(3L, errors_above(c(5, 4.2, 3.9), 1:3, 12L, draw))
  gains <- vapply(drawn, function(x) {
    within <- function(k) stats::kmeans(x, k, nstart = 50L)$tot.withinss
    log(sum(scale(x, scale = FALSE)^2) / c(within(2L), within(3L)))
  }, double(2L))
  by_hand <- (c(0.8, 1.1) - rowMeans(gains)) / apply(gains, 1L, stats::sd) / sqrt(1 + 1 / 12)
  expect_equal(errors, by_hand, tolerance = 0.2) # references take three starts, not fifty
})

test_that("the climb passes what is no candidate and stops where no larger one wins", {
  nothing <- function(...) NULL
  x <- with_seed(4L, rbind(matrix(stats::rnorm(200L), 100L), matrix(stats::rnorm(200L, 8), 100L)))
  judged <- with_seed(5L, judge_ks(x, 1:5, 15L, nothing))
  climbed <- with_seed(6L, climb(x, judged, 15L, nothing))
  expect_equal(climbed$at, 2L)
  expect_equal(climbed$table$rival_k[1L], 2L)
  expect_gt(climbed$table$rival_errors[1L], 10)
  judged$table$is_candidate <- c(TRUE, FALSE, FALSE, TRUE, FALSE)
  climbed <- with_seed(6L, climb(x, judged, 15L, nothing))
  expect_equal(c(climbed$at, climbed$table$rival_k[1L]), c(4L, 4L))
  expect_true(is.na(climbed$table$rival_errors[4L]))
  expect_equal(rivals_of(1L, c(TRUE, TRUE, TRUE, TRUE)), 2:3)
  expect_equal(rivals_of(2L, c(TRUE, TRUE, FALSE, TRUE, TRUE)), 4L)
  expect_equal(rivals_of(1L, c(TRUE, FALSE, FALSE, FALSE, TRUE, TRUE)), 5L)
  judged$table$is_candidate[-1L] <- FALSE
  expect_equal(climb(x, judged, 15L, nothing)$at, 1L)
})

test_that("one population keeps marginals and correlations, and has no second mode", {
  x <- with_seed(4L, {
    shared <- stats::rnorm(4000L)
    cbind(exp(0.5 * shared + 0.5 * stats::rnorm(4000L)), shared + stats::rnorm(4000L),
          c(rep(0, 2000L), stats::rexp(2000L)), pmax(shared, 0))
  })
  like <- with_seed(5L, one_population(x)())
  expect_equal(stats::cor(like), stats::cor(x), tolerance = 0.1)
  near <- vapply(1:3, function(j) suppressWarnings(stats::ks.test(like[, j], x[, j])$statistic), 1)
  expect_lt(near[2L], 0.05)
  expect_equal(stats::median(like[, 3L]), stats::median(x[, 3L]), tolerance = 0.2)
  two <- c(with_seed(6L, stats::rnorm(1000L, -3)), with_seed(7L, stats::rnorm(1000L, 3)))
  filled <- unimodal_quantiles(two)(stats::ppoints(2000L))
  expect_gt(mean(abs(filled) < 1), 5 * mean(abs(two) < 1)) # the valley is gone
  alike <- cbind(1, rep(2, 9L))
  expect_identical(populations(rbind(alike, alike + 5), rep(1:2, each = 9L))(), rbind(alike, alike + 5))
})

test_that("correlations of independent features shrink to nothing, real ones stay", {
  x <- with_seed(8L, matrix(stats::rnorm(1400L), 200L))
  expect_lt(max(abs(shrunk_correlation(x)[lower.tri(diag(7L))])), 0.1)
  tied <- x + 2 * x[, 1L]
  expect_equal(shrunk_correlation(tied), stats::cor(tied), tolerance = 0.02)
  expect_equal(shrunk_correlation(x[, 1L, drop = FALSE]), matrix(1))
})

test_that("humps are cut where they are, and only there", {
  normal <- with_seed(9L, stats::rnorm(400L))
  side <- rep(c(-1, 1), 200L)
  single <- list(normal, exp(normal), log1p(round(exp(1 + normal))), pmax(normal, 0), stats::pnorm(normal))
  for (one in single) {
    expect_length(hump_cuts(one, 10), 0L)
  }
  expect_equal(hump_cuts(3 * side + normal, 10), 0, tolerance = 0.7)
  expect_equal(sort(unique(hump_centers(3 * side + normal))), c(-3, 3), tolerance = 0.1)
  three <- with_seed(10L, stats::rnorm(600L)) + rep(c(-8, 0, 8), 200L)
  expect_equal(sort(unique(hump_centers(three))), c(-8, 0, 8), tolerance = 0.05)
  v <- c(1, 1, 2, 4)
  expect_equal(spread_ties(v), c(0.75, 1.25, 2.25, 4), tolerance = 0.2)
  best <- stats::kmeans(normal, 2L, nstart = 20L)
  cut <- least_spread_cut(normal)
  expect_equal(sum((normal - stats::ave(normal, normal < cut))^2), best$tot.withinss)
})

test_that("a learner belongs to the nearest centre, with the simplified silhouette as strength", {
  centers <- three[c(1L, 60L, 120L), ]
  near <- nearest(three, centers)
  all <- as.matrix(stats::dist(rbind(centers, three)))[-(1:3), 1:3]
  expect_equal(near$cluster, unname(apply(all, 1L, which.min)))
  expect_equal(near$distance, unname(apply(all, 1L, min)), tolerance = 1e-12)
  second <- apply(all, 1L, function(d) sort(d)[2L])
  expect_equal(near$strength, unname(1 - apply(all, 1L, min) / second), tolerance = 1e-12)
  expect_equal(nearest(three, centers[1L, , drop = FALSE])$strength, rep(1, nrow(three)))
  partly <- replace(three, cbind(1:9, 2L), NA)
  expect_equal(nearest(partly, centers)[1:9, ], nearest(three[1:9, -2L], centers[, -2L]))
  expect_equal(nearest(partly[1L, , drop = FALSE] + NA, centers)$strength, 0) # nothing is known
})

test_that("k-means is that of stats::kmeans, largest cluster first, and leaves random numbers alone", {
  set.seed(8L)
  before <- .Random.seed
  found <- with_seed(1L, best_kmeans(three, 3L, 20L))
  expect_identical(.Random.seed, before)
  expect_equal(found$within, stats::kmeans(three, 3L, nstart = 50L)$tot.withinss, tolerance = 1e-9)
  expect_false(is.unsorted(rev(tabulate(nearest(three, found$centers)$cluster))))
  expect_true(found$converged)
  expect_equal(best_kmeans(three[c(1L, 1L, 2L), ], 3L, 2L)$within, 0) # two distinct rows
})

test_that("Jaccard similarities are those counted by hand", {
  own <- c(1, 1, 1, 2, 2, 3)
  other <- c(1, 1, 2, 2, 2, 2)
  expect_equal(best_jaccards(own, other, 3L, 2L), c(2 / 3, 2 / 4, 1 / 4))
  stable <- with_seed(1L, cluster_stability(three, best_kmeans(three, 3L, 20L)$centers, 15L))
  expect_gt(min(stable), 0.9)
})

test_that("the adjusted Rand index is mclust's", {
  a <- with_seed(1L, sample.int(4L, 300L, replace = TRUE))
  b <- ifelse(with_seed(2L, stats::runif(300L)) < 0.7, a, 5L - a)
  expect_equal(adjusted_rand(a, b), mclust::adjustedRandIndex(a, b), tolerance = 1e-12)
  expect_equal(adjusted_rand(a, a), 1)
  expect_true(is.na(adjusted_rand(1L, 1L)))
})

test_that("the scaler: logs, winsorised, features that say nothing left out with the reason", {
  rows <- planted_learners()
  rows$efficiency <- 0.5
  rows$recovery <- ifelse(seq_len(300L) %% 3L == 0L, 1, NA)
  rows$answers_again <- log(rows$attempts) * 2
  fitted <- fit_scaler(rows)
  expect_equal(fitted$dropped$feature, c("efficiency", "recovery", "answers_again"))
  expect_match(fitted$dropped$reason, "constant|known of 100 of 300|repeats attempts")
  sessions <- fitted$scaler[fitted$scaler$feature == "sessions", ]
  expect_equal(sessions$center, stats::median(log1p(rows$sessions[fitted$decides])))
  x <- scaled_values(fitted$scaler, rows)
  far <- transform(rows, sessions = replace(sessions, 1:2, c(0, 1e9)))
  expect_equal(scaled_values(fitted$scaler, far)[1:2, "sessions"], c(-3, 3))
  expect_equal(is.na(x[, "median_response_ms"]), is.na(rows$median_response_ms))
  back <- stats::setNames(natural_values(fitted$scaler, x[2L, ]), fitted$scaler$feature)
  expect_equal(back[["sessions"]], rows$sessions[2L])
})

test_that("of near-duplicates the one that comes first stays, whatever the order of the columns", {
  rows <- planted_learners()
  rows$attempts <- rows$sessions^1.1
  expect_equal(fit_scaler(rows)$dropped$feature, "attempts")
  expect_match(fit_scaler(rows)$dropped$reason, "repeats sessions")
  expect_identical(fit_scaler(rows[rev(names(rows))]), fit_scaler(rows))
})

test_that("a feature with humps is measured within them, and its twin is no copy of it", {
  rows <- with_seed(11L, {
    side <- sample(c(-3, 3), 400L, replace = TRUE)
    data.frame(user_id = sprintf("u%03d", 1:400), x = side + stats::rnorm(400L),
               twin = side + stats::rnorm(400L), noise = stats::rnorm(400L))
  })
  expect_gt(stats::cor(rows$x, rows$twin), 0.88)
  rows[c("x", "twin")] <- rows[c("x", "twin")] + 2 * sign(rows$x) # beyond 0.9
  fitted <- fit_scaler(rows)
  expect_equal(nrow(fitted$dropped), 0L)
  expect_equal(fitted$scaler$scale, c(1, 1, 1), tolerance = 0.15)
  x <- scaled_values(fitted$scaler, rows)
  expect_lt(mean(abs(x[, "x"]) == fitted$scaler$bound[fitted$scaler$feature == "x"]), 0.01)
  rows$copy <- rows$x * 2 + 0.1 * rows$noise
  expect_match(fit_scaler(rows)$dropped$reason, "repeats (x|copy)")
})

test_that("who lacks a feature does not decide; a feature few have with the others goes", {
  rows <- planted_learners()
  unknown <- is.na(rows$median_response_ms)
  fitted <- fit_scaler(rows)
  expect_equal(fitted$decides, !unknown)
  far <- transform(rows, sessions = ifelse(unknown, 1e6, sessions), attempts = ifelse(unknown, 0, attempts))
  expect_equal(fit_scaler(far)$scaler, fitted$scaler) # they move no scale
  sparse <- rows[1:100, ]
  for (name in c("engagement", "sessions", "attempts")) {
    sparse[[name]][with_seed(nchar(name), sample.int(100L, 45L))] <- NA
  }
  kept <- fit_scaler(sparse)
  expect_gte(sum(kept$decides), 50L)
  expect_match(kept$dropped$reason, "too few would have every feature")
  expect_identical(unname(kept$decides), stats::complete.cases(sparse[kept$scaler$feature]))
})

test_that("the scale of normal values is their standard deviation; zeros do not shrink it to nothing", {
  expect_equal(robust_scale(stats::qnorm(stats::ppoints(1e5), sd = 2)), 2, tolerance = 1e-3)
  half <- c(rep(0, 51L), seq(0.1, 5, length.out = 49L))
  expect_gt(robust_scale(half), 0.5 * stats::sd(half))
  expect_equal(robust_scale(c(rep(1, 96L), 2:5)), 0)
})

test_that("labels are words of the largest deviations, unique, the same for any order of segments", {
  centers <- rbind(c(sessions = 1, hints_per_answer = -0.1, attempts = -0.8),
                   c(0.1, 0.2, -0.1), c(1, 0.4, -0.9))
  labels <- segment_labels(centers)
  expect_equal(labels[2L], "typical")
  expect_equal(labels[c(1L, 3L)], c("regular_short_unaided", "regular_short_with_hints"))
  expect_equal(segment_labels(centers[3:1, ]), rev(labels))
  turned <- segment_labels(rbind(c(sessions = 1, attempts = 2, recovery = 0.1), c(2, 1, -0.1)))
  expect_equal(turned, c("intensive_regular_mending_errors", "regular_intensive_repeating_errors"))
  same <- rbind(c(sessions = 1), c(sessions = 2), c(sessions = -1))
  expect_equal(segment_labels(same), c("regular_1", "regular_2", "occasional"))
  expect_equal(segment_labels(centers[1L, , drop = FALSE]), "all_alike")
  expect_equal(segment_labels(rbind(c(speed = -2), c(speed = 2))), c("low_speed", "high_speed"))
})

test_that("segments keep their numbers by the learners they share; a new one gets a number never used", {
  previous <- data.frame(user_id = letters[1:9], segment_id = rep(c(4L, 7L, 2L), each = 3L))
  cluster <- c(1L, 1L, 2L, 2L, 2L, 2L, 3L, 3L, 3L, 3L) # a b | c d e f | g h i + j
  same <- identify_segments(letters[1:10], cluster, 3L, previous, 9L)
  expect_equal(same$segment_id, c(4L, 7L, 2L))
  expect_equal(same$next_segment_id, 9L)
  expect_equal(same[c("n_shared", "n_new", "n_left")], list(n_shared = 9L, n_new = 1L, n_left = 0L))
  expect_equal(same$transitions, data.frame(from_segment_id = c(2L, 4L, 4L, 7L),
                                            to_segment_id = c(2L, 4L, 7L, 7L),
                                            n_learners = c(3L, 2L, 1L, 3L)), ignore_attr = TRUE)
  split <- identify_segments(letters[1:9], c(1L, 2L, 3L, 1L, 2L, 3L, 1L, 2L, 3L), 3L, previous, 9L)
  expect_equal(split$segment_id, 9:11) # a third of each: nobody's continuation
  merged <- identify_segments(letters[1:9], c(rep(1L, 6L), rep(2L, 3L)), 2L, previous, 9L)
  expect_equal(merged$segment_id, c(4L, 2L))
  first <- identify_segments(letters, rep(1:2, 13L), 2L, previous[0L, ], 1L)
  expect_equal(first$segment_id, 1:2)
  expect_true(is.na(first$adjusted_rand))
})
