# A bank from 10,000 learners; a window of 6,000 others, in which a tenth of the items has moved by `shift`.
window_of <- function(seed, shift, what = "b") {
  set.seed(seed)
  before <- after <- simulated_bank(100L)
  moved <- sample.int(100L, 10L)
  sign <- rep(c(-1, 1), 5L)
  if (what == "b") after$b[moved] <- after$b[moved] + sign * shift
  if (what == "a") after$a[moved] <- after$a[moved] * exp(sign * shift)
  bank <- calibrated(simulated_answers(10000L, 100L, 40L, seed = 10L * seed + 1L, bank = before))$items
  recent <- simulated_answers(6000L, 100L, 40L, seed = 10L * seed + 2L, bank = after, mean = 0.3, sd = 1.1)
  recent <- calibrated(recent)$items
  found <- drift(recent, bank, link_scales(recent, bank), mean = 0.3, sd = 1.1)
  list(found = found, moved = moved, sign = sign)
}

test_that("10% planted drift: at least 80% found, at most 5% false; the direction is right", {
  windows <- lapply(1:4, window_of, shift = 0.45)
  hits <- vapply(windows, function(w) mean(w$found$is_flagged[w$moved]), 0)
  false <- vapply(windows, function(w) mean(w$found$is_flagged[-w$moved]), 0)
  expect_gte(mean(hits), 0.8)
  expect_lte(mean(false), 0.05)
  for (w in windows) {
    flagged <- w$found$is_flagged[w$moved]
    expect_equal(sign(w$found$delta_b[w$moved][flagged]), w$sign[flagged])
    expect_true(all(w$found$reason[w$found$is_flagged] %in% c("easier", "harder", "steeper", "flatter")))
  }
})

test_that("without drift p values are those of chance", {
  p <- unlist(lapply(5:7, function(seed) window_of(seed, 0)$found$p_value))
  expect_lt(mean(p < 0.05), 0.09)
  expect_gt(mean(p < 0.5), 0.35)
})

test_that("areas: Raju's formulas equal the integral, and a difference of c is taken within [-6, 6]", {
  curve <- function(a, b, c, item = 1L) data.frame(item, a, b, c, se_a = 0.1, se_b = 0.1, cov_ab = 0)
  recent <- rbind(curve(1.4, 0.3, 0.1, 1L), curve(0.8, -1, 0, 2L), curve(1, 0, 0.25, 3L))
  bank <- rbind(curve(0.9, -0.2, 0.1, 1L), curve(0.8, -0.5, 0, 2L), curve(1, 0, 0.15, 3L))
  found <- drift(recent, bank)
  integral <- function(j, wrap) {
    gap <- function(theta) wrap(probability(theta, recent, j) - probability(theta, bank, j))
    limits <- if (j == 3L) c(-6, 6) else c(-60, 60)
    stats::integrate(gap, limits[1L], limits[2L], subdivisions = 5000L, rel.tol = 1e-8)$value
  }
  for (j in 1:3) {
    expect_equal(found$signed_area[j], integral(j, identity), tolerance = 1e-3)
    expect_equal(found$unsigned_area[j], integral(j, abs), tolerance = 1e-3)
  }
})

test_that("the Wald test is the textbook's, and constants have no error", {
  recent <- data.frame(item = 1L, a = 1, b = 0.4, c = 0, se_a = NA, se_b = 0.1, cov_ab = NA)
  bank <- data.frame(item = 1L, a = 1, b = 0, c = 0, se_a = NA, se_b = NA, cov_ab = NA)
  found <- drift(recent, bank)
  expect_equal(found$wald, 16)
  expect_equal(found$df, 1L)
  expect_equal(found$reason, "harder")
  recent$se_a <- 0.2
  recent$cov_ab <- 0.005
  covariance <- matrix(c(0.04, 0.005, 0.005, 0.01), 2L)
  expect_equal(drift(recent, bank)$wald, drop(c(0, 0.4) %*% solve(covariance, c(0, 0.4))))
})

test_that("an error of the line widens the test, and few anchors know the line less", {
  set.seed(2L)
  items <- data.frame(item = 1:50, a = exp(stats::rnorm(50L, 0, 0.3)), b = stats::rnorm(50L), c = 0,
                      se_a = 0.15, se_b = 0.2, cov_ab = 0.005)
  line <- list(A = 0.7, B = -1)
  bank <- as.data.frame(apply_link(items, line))
  many <- line_covariance(items, bank, line)
  few <- line_covariance(items[1:5, ], bank[1:5, ], line)
  expect_true(all(eigen(many)$values > 0))
  expect_true(all(diag(few) > 5 * diag(many)))
  bank$b <- bank$b + 0.3
  known <- drift(items, bank, line)
  uncertain <- drift(items, bank, c(line, list(covariance = few)))
  expect_true(all(uncertain$wald < known$wald))
})

test_that("the error of the line is what is seen when both sides' estimates vary", {
  set.seed(3L)
  truth <- data.frame(item = 1:40, a = 1, b = stats::rnorm(40L), c = 0, se_a = 0.1, se_b = 0.1, cov_ab = 0)
  line <- list(A = 0.8, B = 0.5)
  bank <- as.data.frame(apply_link(truth, line))
  noisy <- function() {
    transform(truth, a = a * exp(stats::rnorm(40L, 0, 0.1)), b = b + stats::rnorm(40L, 0, 0.1))
  }
  bank[c("se_a", "se_b")] <- 0
  best <- function(recent) {
    distance <- function(x) sum(drift(recent, bank, list(A = x[1L], B = x[2L]))$wald)
    stats::nlminb(c(0.8, 0.5), distance, lower = c(0.2, -5), control = list(rel.tol = 1e-6))$par
  }
  lines <- replicate(25L, best(noisy()))
  errors <- sqrt(diag(line_covariance(truth, bank, line)))
  expect_equal(apply(lines, 1L, stats::sd), unname(errors), tolerance = 0.35)
})

test_that("bad tables are refused in one line", {
  good <- data.frame(item = 1:2, a = 1, b = 0, c = 0, se_a = 0.1, se_b = 0.1, cov_ab = 0)
  expect_error(drift(good[-3L], good), "recent lacks b", class = "invalid_input")
  expect_error(drift(good, rbind(good, good)), "twice", class = "invalid_input")
  expect_error(drift(transform(good, item = 3:4), good), "no item in common", class = "invalid_input")
})
