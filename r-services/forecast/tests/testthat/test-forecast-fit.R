# The whole answer: many series in one call, its names, gates and refusals.

rows <- rbind(series_rows(counts(40L, 1)), series_rows(counts(40L, 2), scope = "topic:7"),
              series_rows(stats::plogis(0.4 + noise(40L, 3) / 5), "accuracy", n = 400),
              series_rows(noise(40L, 4) / 20, "I_t"), series_rows(counts(5L, 5), scope = "topic:new"))
as_of <- format(MONDAY + 7L * 40L - 1L)
answer <- forecast_answer(rows, as_of = as_of)

test_that("landing tables have the contract's columns, one row per series and per series and week", {
  tables <- answer$tables
  expect_named(tables$prophet_fit_meta, c("metric", "scope", "changepoints", "forecast", "fit_meta",
                                          "status", "method",
                                          "mase"))
  expect_named(tables$prophet_anomalies, c("week_start", "metric", "scope", "value", "expected",
                                           "anomaly_score",
                                           "detected_at", "expected_lower", "expected_upper", "method",
                                           "judgement"))
  expect_named(tables$forecast_points, c("metric", "scope", "week_start", "kind", "yhat", "yhat_lower",
                                         "yhat_upper",
                                         "method", "value", "anomaly_score", "judgement"))
  points <- tables$forecast_points
  expect_equal(c(table(points$kind)), c(forecast = 16L, one_step = 4L * 39L, prophet = 16L))
  ahead <- points[points$kind == "forecast", ]
  expect_equal(unique(ahead$week_start), MONDAY + 7L * (40:43))
  expect_equal(unique(points$metric), c("I_t", "accuracy", "answers"))
  expect_true(all(ahead$yhat_lower <= ahead$yhat & ahead$yhat <= ahead$yhat_upper))
  shares <- points[points$metric == "accuracy", ]
  expect_true(all(shares$yhat_lower >= 0 & shares$yhat_upper <= 1, na.rm = TRUE))
})

test_that("a series with too little data says so and keeps the others going", {
  silent <- answer$tables$prophet_fit_meta[answer$tables$prophet_fit_meta$scope == "topic:new", ]
  expect_equal(silent$status, "not_enough_data")
  expect_match(silent$fit_meta, "5 complete weeks are known, 8 are needed")
  expect_match(paste(answer$notices, collapse = " "), "answers of topic:new")
  ended <- series_rows(counts(20L, 1))
  points <- forecast_answer(rbind(rows, within(ended, scope <- "topic:old")),
                          as_of = as_of)$tables$prophet_fit_meta
  expect_match(points$fit_meta[points$scope == "topic:old"], "nothing is known of the last 20 weeks")
})

test_that("gates pass and say what they saw", {
  gates <- answer$gates
  expect_equal(gates$name, c("n_series", "coverage", "relative_mae_as_served",
                             "n_forecasts_without_interval"))
  passed <- (is.na(gates$lower) | gates$value >= gates$lower) &
    (is.na(gates$upper) | gates$value <= gates$upper)
  expect_true(all(passed))
  expect_lte(max(answer$tables$prophet_fit_meta$mase, na.rm = TRUE), 1)
})

test_that("the result has the contract's names; method says what ran, Prophet is kept beside it", {
  expect_named(answer$result, c("forecast", "changepoints", "anomalies", "model_meta"))
  expect_true(all(c("ds", "delta") %in% names(answer$result$changepoints)))
  meta <- answer$result$model_meta[[1L]]
  expect_equal(meta$methods$method, METHODS)
  expect_true(all(answer$result$forecast$method %in% METHODS))
  expect_equal(sum(unlist(meta$served)), 39L)
})

test_that("the order of rows changes no byte; a repeat is identical; nor do others in the call", {
  set.seed(1)
  expect_identical(forecast_answer(rows[sample(nrow(rows)), ], as_of = as_of)$tables, answer$tables)
  # a repeat, in as many processes as the service uses
  expect_identical(with_service_workers(forecast_answer(rows, as_of = as_of))$tables, answer$tables)
  alone <- forecast_answer(rows[rows$metric == "accuracy", ], as_of = as_of)$tables$forecast_points
  within_all <- answer$tables$forecast_points
  expect_equal(alone, numbered(within_all[within_all$metric == "accuracy", ]))
})

test_that("a series that ends still counts for the usual errors: earlier reports stay the same", {
  many <- topics_of_counts(4L, 40L)
  points <- function(rows) {
    points <- forecast_answer(rows, as_of = as_of)$tables$forecast_points
    early <- points$week_start < MONDAY + 7L * 28L
    points <- points[points$kind == "one_step" & points$scope == "topic:2" & early, ]
    numbered(points)
  }
  ended <- many[many$scope != "topic:1" | many$week_start < MONDAY + 7L * 30L, ]
  whole <- points(many)
  expect_equal(points(ended), whole)
  expect_false(identical(points(many[many$scope != "topic:1", ])$anomaly_score, whole$anomaly_score))
})

test_that("one series may come as week_start with I_t, or as Prophet takes it", {
  y <- noise(30L, 9) / 20
  plain <- forecast_answer(data.frame(week_start = mondays(30L), I_t = y))
  expect_equal(unique(plain$result$forecast$metric), "I_t")
  free <- forecast_answer(rows = data.frame(ds = mondays(30L) + 2L, y = 100 * y))
  expect_equal(free$result$forecast$week_start, mondays(30L)[30L] + 2L + 7L * 1:4)
  expect_equal(free$result$forecast$yhat / 100, plain$result$forecast$yhat, tolerance = 1e-3)
})

test_that("each bad cell is named, all at once", {
  bad <- rows
  bad$value[3L] <- -1
  bad$week_start[5L] <- bad$week_start[4L]
  bad$week_start[7L] <- bad$week_start[7L] + 1L
  bad$value[bad$metric == "accuracy"][2L] <- 1.5
  cause <- forecast_refusal(bad, as_of = format(MONDAY + 7L * 39L))
  expect_equal(cause$code, "INVALID_INPUT")
  places <- problem_places(cause)
  expect_true(all(c("series value 3", "series week_start 5", "series week_start 7",
                    "series value 82") %in% places))
  late <- cause$detail$problems
  expect_equal(sum(late$problem == "the week is not over at as_of"), 4L)
})

test_that("a request without a table, or with both, is refused with the fix", {
  expect_match(forecast_refusal()$detail$problems$problem, "either the table")
  both <- forecast_refusal(rows, rows = data.frame(ds = mondays(9L), y = 1:9))
  expect_match(both$detail$problems$problem, "either the table")
  expect_equal(problem_places(forecast_refusal(rows[c("metric", "week_start")])), "series value NA")
})

test_that("too little for any series is 422 with the numbers", {
  seven <- series_rows(counts(7L, 1))
  for (few in list(seven, seven[0L, ], series_rows(rep(NA_real_, 30L)))) {
    cause <- forecast_refusal(few)
    expect_equal(cause$code, "NOT_ESTIMABLE")
    expect_equal(cause$detail$weeks_needed, 8L)
    expect_equal(cause$detail$most_weeks, if (nrow(few) == 7L) 7L else 0L)
  }
})

test_that("the gate fails where choosing by past errors is worse than the last value", {
  # half a year of growth, half a year of rest, in two series
  growth_and_rest <- function(begin) {
    y <- cumsum(rep_len(rep(c(1, 0), each = 26L), 104L + begin)) + noise(104L + begin, begin + 1) / 20
    series_rows(utils::tail(y, 104L), "y", paste("begin", begin))
  }
  verdict <- function(rows) {
    gate <- forecast_answer(rows)$gates
    gate <- gate[gate$name == "relative_mae_as_served", ]
    gate$value <= gate$upper
  }
  expect_false(verdict(do.call(rbind, lapply(c(0L, 1L), growth_and_rest))))
  expect_true(verdict(series_rows(cumsum(noise(40L, 2)), "y")))
  expect_true(verdict(series_rows(noise(20L, 3), "y")))
})

# What the answer says of the last week of a series that stood still before it.
after_standstill <- function(before, last, metric = "answers", n = NA_real_, weeks = 30L) {
  answer <- forecast_answer(series_rows(c(rep(before, weeks), last), metric, n = n))
  points <- answer$tables$forecast_points
  list(judgement = utils::tail(points$judgement[points$kind == "one_step"], 1L),
       ahead = answer$result$forecast[1L, ], answer = answer)
}

test_that("a series that never moved is judged by the noise of sampling at its level", {
  fall <- after_standstill(25, 3, "active_learners")
  expect_equal(fall$judgement, "anomaly")
  expect_equal(unlist(fall$ahead[c("yhat", "yhat_lower", "yhat_upper")], use.names = FALSE), c(25, 18, 34))
  expect_equal(after_standstill(25, 23)$judgement, "usual")
  expect_equal(after_standstill(0, 9)$judgement, "anomaly")
  expect_equal(after_standstill(0, 1)$judgement, "usual")
  expect_equal(after_standstill(1, 0.5, "accuracy")$judgement, "anomaly")
  expect_equal(after_standstill(1, 0.2, "accuracy", n = 5)$judgement, "anomaly")
  expect_equal(after_standstill(1, 0.8, "accuracy", n = 5)$judgement, "usual")
  expect_equal(after_standstill(0.2, 0.9, "I_t")$judgement, "anomaly")
})

test_that("a new level after a standstill is a level shift with an interval; a common value is no anomaly", {
  moved <- after_standstill(10, rep(22, 6L))
  shift <- moved$answer$result$changepoints
  expect_equal(shift$ds[shift$kind == "level"], MONDAY + 7L * 30L)
  expect_true(shift$lower[1L] < shift$delta[1L] && shift$delta[1L] < shift$upper[1L])
  set.seed(1)
  often <- forecast_answer(series_rows(ifelse(stats::runif(60L) < 0.15, 24, 25), "active_learners"))
  expect_equal(nrow(often$result$anomalies), 0L)
})

test_that("what is constant is served as it is", {
  flat <- forecast_answer(series_rows(rep(40, 30L)))$result
  expect_equal(flat$forecast$yhat, rep(40, 4L))
  expect_equal(flat$model_meta[[1L]]$n_flagged, 0L)
  for (n in c(5, 10, NA)) {
    right <- forecast_answer(series_rows(rep(1, 12L), "accuracy", n = n))$result$forecast
    expect_equal(right$yhat, rep(1, 4L))
    expect_true(all(right$yhat_lower < 1 & right$yhat_upper == 1))
  }
})
