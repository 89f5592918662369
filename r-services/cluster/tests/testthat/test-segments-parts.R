# Each part against a library or a count by hand.

three <- scaled_values(fit_scaler(planted_learners())$scaler, planted_learners())

test_that("the gap over the uniform box is that of cluster::clusGap", {
  best <- function(x, k) list(cluster = nearest(x, best_kmeans(x, k, 5L)$centers)$cluster)
  # (theirs is half of ours throughout, which no gap sees)
  theirs <- with_seed(2L, cluster::clusGap(three, best, K.max = 4L, B = 40L, d.power = 2,
                                           spaceH0 = "scaledPCA", verbose = FALSE))$Tab
  ours <- with_seed(3L, gap_statistic(log_within_of(three, 1:4), 1:4, 40L, uniform_box(three)))
  # three are planted: up to there the best clustering is plain, beyond it starts may end in different ones
  within <- with_seed(4L, log_within_of(three, 1:3))
  expect_equal(within, unname(theirs[1:3, "logW"]) + log(2), tolerance = 1e-8)
  expect_lt(max(abs(ours$gap - theirs[, "gap"]) / theirs[, "SE.sim"]), 2)
  expect_equal(ours$gap_se, unname(theirs[, "SE.sim"]), tolerance = 0.5)
})

test_that("the one-SE rule goes over candidates, by hand", {
  gap <- c(1, 1.4, 1.45, 1.9, 1.85)
  se <- rep(0.1, 5L)
  every <- rep(TRUE, 5L)
  expect_equal(one_se_choice(gap, se, every), cluster::maxSE(gap, se, "Tibs2001SEmax"))
  expect_equal(one_se_choice(gap, se, c(TRUE, FALSE, TRUE, TRUE, TRUE)), 4L)
  expect_equal(one_se_choice(gap, se, c(TRUE, FALSE, TRUE, FALSE, TRUE)), 5L) # none levels off: the largest
  expect_equal(one_se_choice(c(1, 2, 3), se[1:3], every[1:3]), 3L)
  expect_true(shows_structure(gap, se, every))
  expect_false(shows_structure(c(1, 1.05, 1.4), se[1:3], c(TRUE, TRUE, FALSE)))
  expect_false(shows_structure(1, 0.1, TRUE))
})

test_that("one population keeps marginals and ranks, and has no second mode", {
  x <- with_seed(4L, {
    shared <- stats::rnorm(4000L)
    cbind(exp(shared + stats::rnorm(4000L)), shared + stats::rnorm(4000L),
          c(rep(0, 2000L), stats::rexp(2000L)))
  })
  like <- with_seed(5L, one_population(x)())
  expect_equal(stats::cor(like[, 1L], like[, 2L], method = "spearman"),
               stats::cor(x[, 1L], x[, 2L], method = "spearman"), tolerance = 0.15)
  near <- vapply(1:3, function(j) suppressWarnings(stats::ks.test(like[, j], x[, j])$statistic), 1)
  expect_lt(near[2L], 0.05)
  expect_equal(stats::median(like[, 3L]), stats::median(x[, 3L]), tolerance = 0.2)
  two <- c(with_seed(6L, stats::rnorm(1000L, -3)), with_seed(7L, stats::rnorm(1000L, 3)))
  filled <- unimodal_quantiles(two)(stats::ppoints(2000L))
  expect_gt(mean(abs(filled) < 1), 5 * mean(abs(two) < 1)) # the valley is gone
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
  expect_equal(sessions$center, stats::median(log1p(rows$sessions)))
  x <- scaled_values(fitted$scaler, rows)
  far <- transform(rows, sessions = replace(sessions, 1:2, c(0, 1e9)))
  expect_equal(scaled_values(fitted$scaler, far)[1:2, "sessions"], c(-3, 3))
  expect_equal(x[is.na(rows$median_response_ms), "median_response_ms"], rep(0, 30L))
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
