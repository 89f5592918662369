rows <- planted_learners(120L)
endpoint_of <- function(path) load_service(folder)$endpoints[[path]]

raw_form <- function(frame) {
  cells <- lapply(frame, function(x) {
    if (!is.double(x)) return(as.character(x))
    ifelse(is.na(x) & !is.nan(x), NA, sprintf("%.17g", x))
  })
  list(cells = cells, kinds = NULL, n = nrow(frame))
}

places <- function(tables, ...) {
  cause <- refusal(run_endpoint(endpoint_of("/cluster/fit"), lapply(tables, raw_form), list(...)))
  expect_equal(cause$code, "INVALID_INPUT")
  paste(cause$detail$problems$table, cause$detail$problems$column, cause$detail$problems$row)
}

test_that("each bad cell is named, all at once", {
  bad <- rows
  bad$sessions[3L] <- -1
  bad$engagement[4L] <- NaN
  bad$user_id[6L] <- bad$user_id[5L]
  bad$user_id[7L] <- NA
  previous <- data.frame(user_id = c("a", "a"), segment_id = c(0L, 1L))
  expect_setequal(places(list(features = bad, previous = previous), k = 0),
                  c("features sessions 3", "features engagement 4", "features user_id 6",
                    "features user_id 7", "previous segment_id 1", "previous user_id 2", "params k NA"))
})

test_that("the learners come once, under one of four names", {
  expect_equal(places(list(features = rows, data = rows)), "features NA NA")
  expect_equal(places(list()), "features NA NA")
  expect_equal(places(list(rows = rows["user_id"])), "rows NA NA")
  expect_equal(places(list(rows = rows), previous_run_id = "r"), "previous NA NA")
  by_name <- lapply(FEATURE_TABLES, function(name) {
    fit_segments(stats::setNames(list(rows), name), fit_parameters(k = 3L))
  })
  for (one in by_name) expect_identical(one$tables, by_name[[1L]]$tables)
})

test_that("too few learners, or learners who do not differ, is 422 with the numbers", {
  few <- refusal(answer_for(rows[1:49, ]))
  expect_equal(few$code, "NOT_ESTIMABLE")
  expect_equal(few$detail[c("n_learners", "learners_needed")],
               list(n_learners = 49L, learners_needed = 50L))
  constant <- refusal(answer_for(data.frame(user_id = rows$user_id, sessions = 4, recovery = NA_real_)))
  expect_equal(constant$code, "NOT_ESTIMABLE")
  expect_equal(constant$detail$n_features, 0L)
  expect_equal(constant$detail$left_out$feature, c("recovery", "sessions"))
  three <- data.frame(user_id = rows$user_id, sessions = rep(c(1, 5, 9), 40L))
  expect_equal(refusal(answer_for(three, k = 3L))$detail$n_distinct, 3L)
})

test_that("a feature of the caller's own is used, with a notice", {
  own <- rows
  own$speed <- c(1, 5)[attr(rows, "truth") %% 2L + 1L] + rows$improvement
  answer <- run_endpoint(endpoint_of("/cluster/fit"), list(features = raw_form(own)), list(k = 3L))
  expect_true("speed" %in% answer$result$segment_meta$features$feature)
  expect_match(paste(answer$notices, collapse = " "),
               "speed is not in the contract and is used as a number")
})

test_that("landing tables have the contract's columns", {
  tables <- answer_for(rows, k = 3L)$tables
  expect_named(tables$segment_assignments, c("user_id", "segment_id", "segment_label", "strength",
                                             "distance", "is_assigned_only", "features_snapshot"))
  expect_named(tables$segment_meta, c("method", "n_clusters", "features", "centers", "metrics"))
})

test_that("the self-test passes", expect_true(run_self_test(folder)))
