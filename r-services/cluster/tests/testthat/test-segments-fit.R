# The whole fit on learners whose segments are known, and on learners who have none.

rows <- planted_learners()
truth <- attr(rows, "truth")
answer <- answer_for(rows)

test_that("planted segments are found, as Gaussian mixtures find them", {
  found <- assigned(answer)
  expect_equal(answer$tables$segment_meta$n_clusters, 3L)
  expect_gt(adjusted_rand(found$segment_id, truth[found$user_id]), 0.9)
  x <- scaled_values(fit_scaler(rows)$scaler, rows[match(found$user_id, rows$user_id), ])
  library(mclust, warn.conflicts = FALSE)
  known <- stats::complete.cases(x)
  mixture <- mclust::Mclust(x[known, ], G = 3L, verbose = FALSE)$classification
  expect_gt(adjusted_rand(found$segment_id[known], mixture), 0.8)
  expect_true(all(answer$gates$value >= answer$gates$lower, na.rm = TRUE))
})

test_that("labels, strength and centres say what was planted", {
  centers <- answer$result$centers
  label_of <- vapply(centers, function(one) one$segment_label, "")
  expect_equal(anyDuplicated(label_of), 0L)
  often <- centers[[which.max(vapply(centers, function(one) one$typical[["sessions"]], 1))]]
  expect_equal(often$typical[["sessions"]], 60, tolerance = 0.2)
  expect_equal(often$n_learners, sum(truth == 1L), tolerance = 0.05)
  found <- assigned(answer)
  expect_true(all(found$strength >= 0 & found$strength <= 1))
  snapshot <- jsonlite::parse_json(found$features_snapshot[1L])
  expect_equal(snapshot$engagement, rows$engagement[rows$user_id == found$user_id[1L]])
  unknown <- rows$user_id[is.na(rows$median_response_ms)]
  expect_match(found$features_snapshot[found$user_id %in% unknown],
               "\"median_response_ms\":null", all = TRUE)
})

test_that("noise, skewed and correlated as features are, is one segment", {
  for (seed in 1:3) {
    alone <- answer_for(alike_learners(seed = seed))
    expect_equal(alone$tables$segment_meta$n_clusters, 1L)
    expect_equal(unique(assigned(alone)$segment_label), "all_alike")
    expect_equal(unique(assigned(alone)$strength), 1)
  }
  expect_match(paste(alone$notices, collapse = " "), "no structure was found")
  box <- with_seed(1L, data.frame(user_id = sprintf("u%03d", 1:300), matrix(stats::runif(1500L), 300L)))
  expect_equal(answer_for(box)$tables$segment_meta$n_clusters, 1L)
})

test_that("who came once is no group: they do not decide, are assigned afterwards and are marked", {
  for (seed in 1:2) {
    rate <- one_rate_learners(seed = seed)
    alone <- answer_for(rate)
    expect_equal(alone$tables$segment_meta$n_clusters, 1L)
    found <- assigned(alone)
    expect_equal(found$is_assigned_only, is.na(rate$mean_gap_days[match(found$user_id, rate$user_id)]))
    expect_equal(assigned_only_gate(alone)$value, 0) # one segment: there was nothing to decide
  }
  expect_match(paste(alone$notices, collapse = " "), "did not decide, and were assigned afterwards")
})

test_that("groups are found beside many who came once, and published while half of the learners decide", {
  rows <- planted_learners()
  rows$median_response_ms <- NULL
  place <- seq_len(nrow(rows)) / nrow(rows)
  rows$mean_gap_days[place <= 0.35] <- NA
  answer <- answer_for(rows)
  found <- assigned(answer)
  expect_equal(assigned_only_gate(answer)$value, 0.35, tolerance = 0.01)
  expect_true(assigned_only_gate(answer)$value <= assigned_only_gate(answer)$upper)
  expect_gt(adjusted_rand(found$segment_id, attr(rows, "truth")[found$user_id]), 0.9)
  rows$sessions[place > 0.65] <- NA
  gate <- assigned_only_gate(answer_for(rows, k = 3L))
  expect_gt(gate$value, gate$upper)
})

test_that("two groups are found in few features and in many, near and far", {
  for (one in list(c(1, 6, 2), c(2, 3, 7), c(2, 6, 7), c(4, 2, 7), c(7, 1.5, 7))) {
    rows <- two_groups(one[1L], one[2L], one[3L])
    answer <- answer_for(rows)
    expect_equal(answer$tables$segment_meta$n_clusters, 2L)
    truth <- attr(rows, "truth")
    given <- with_seed(1L, stats::kmeans(rows[-1L], 2L, nstart = 10L)$cluster)
    expect_gt(adjusted_rand(assigned(answer)$segment_id, truth), adjusted_rand(given, truth) - 0.05)
  }
})

test_that("bars over 20 schools: one population stays one, the weakest groups are found", {
  skip_if_not(identical(Sys.getenv("DREAMSEED_SLOW"), "true"), "slow: make test-slow runs it")
  numbers <- function(draw) {
    vapply(1:20, function(seed) answer_for(draw(seed))$tables$segment_meta$n_clusters, 1L)
  }
  expect_gte(mean(numbers(function(seed) one_rate_learners(seed = seed)) == 1L), 0.95)
  expect_gte(mean(numbers(function(seed) alike_learners(seed = seed)) == 1L), 0.9) # 0.95 less chance
  for (one in list(c(2, 3), c(2, 6), c(4, 1.5), c(7, 1))) {
    expect_gte(mean(numbers(function(seed) two_groups(one[1L], one[2L], seed = seed)) > 1L), 0.8)
  }
})

test_that("a given k that is not there fails its gate", {
  forced <- answer_for(alike_learners(), k = 6L)
  gate <- forced$gates[forced$gates$name == "smallest_jaccard", ]
  expect_lt(gate$value, gate$lower)
  expect_equal(forced$tables$segment_meta$n_clusters, 6L)
  expect_equal(nrow(forced$result$segment_meta$metrics$k_table), 1L)
})

test_that("the order of rows and columns changes no byte; a repeat is identical", {
  mixed <- with_seed(9L, rows[sample.int(nrow(rows)), c(1L, sample(2:ncol(rows)))])
  expect_identical(answer_for(mixed)$tables, answer$tables)
  expect_identical(answer_for(rows)$tables, answer$tables)
})

keep_their_number <- function(before, after) {
  number <- before$segment_id[match(after$user_id, before$user_id)]
  mean(number == after$segment_id)
}

test_that("at least 95% keep their number: permuted numbers, another seed, 10% removed", {
  before <- assigned(answer)
  permuted <- transform(before[c("user_id", "segment_id")], segment_id = c(12L, 5L, 8L)[segment_id])
  other_seed <- answer_for(rows, permuted, seed = 77L, next_segment_id = 13L)
  expect_gte(keep_their_number(permuted, assigned(other_seed)), 0.95)
  fewer <- with_seed(5L, rows[sample.int(nrow(rows), 0.9 * nrow(rows)), ])
  shrunk <- answer_for(fewer, permuted, seed = 3L, next_segment_id = 13L)
  expect_gte(keep_their_number(permuted, assigned(shrunk)), 0.95)
  identity <- shrunk$result$segment_meta$metrics$identity
  expect_equal(identity[c("n_shared", "n_new", "n_left")], list(n_shared = 270L, n_new = 0L, n_left = 30L))
  expect_gt(identity$adjusted_rand, 0.9)
  expect_equal(sum(identity$transitions$n_learners), 270L)
  expect_equal(shrunk$result$segment_meta$metrics$next_segment_id, 13L)
})

test_that("a sample judges k, all are clustered, and the answer says so", {
  many <- planted_learners(1500L, seed = 2L)
  sampled <- answer_for(many, sample_size = 400L)
  expect_equal(sampled$result$segment_meta$metrics$samples$n_rows, 400L)
  expect_match(paste(sampled$notices, collapse = " "), "sample of 400 of 1350")
  found <- assigned(sampled)
  expect_gt(adjusted_rand(found$segment_id, attr(many, "truth")[found$user_id]), 0.9)
  drawn <- many$user_id[sampled_rows(many$user_id, 400L, 1L)]
  without <- setdiff(many$user_id, drawn[1:40])
  again <- without[sampled_rows(without, 400L, 1L)]
  expect_true(all(drawn[-(1:40)] %in% again)) # who leaves moves nobody else out
})
