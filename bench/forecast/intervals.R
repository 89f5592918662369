# Prints one line of JSON. The first argument chooses what is measured:
#   held KIND N P SETS VARIES: the chance that the next week lies in the 90% interval made for it, by the true
#     distribution (KIND share: Binomial(N, P) / N, with N constant or Poisson; count: Poisson(P)), one and
#     four weeks ahead, over weeks 31 to 61 of SETS series; and the nearest to 90% that any interval of
#     possible values attains
#   gate KIND WEEKS SETS FIRST: the relative MAE as served, after the choice, of single series of a kind with
#     the seeds from FIRST on, and the standard deviation of one week's difference to naive
#   runs WEEKS RUNS FIRST: the same of runs of 70 series of all kinds but the last two
#   worse WEEKS TIMES RUNS: the share of runs rejected in which what was served errs like naive, except in 26
#     weeks, in which its errors are so many TIMES as large; 1 and 70 series

folder <- file.path("r-services", "forecast")
for (file in setdiff(list.files(folder, "\\.R$"), "plumber.R")) {
  sys.source(file.path(folder, file), environment())
}
SETTINGS <- list(horizon = 4L, threshold = 2.5, evaluate_weeks = 156L, methods = METHODS[1:3])
LEVEL <- 0.9

mondays <- function(n) as.Date("2020-01-06") + 7L * (seq_len(n) - 1L)

# A series of 60 weeks through the rolling origin: list(lower, upper), rows from the 31st week on.
intervals_of <- function(kind, size, p, varies, weeks = 60L) {
  n <- if (varies) pmax(stats::rpois(weeks, size), 1L) else rep(size, weeks)
  k <- if (kind == "count") stats::rpois(weeks, p) else stats::rbinom(weeks, n, p)
  rows <- data.frame(metric = if (kind == "count") "answers" else "accuracy", scope = "all",
                     week_start = mondays(weeks), value = if (kind == "count") k else round(k / n, 6L),
                     n = if (kind == "count") k else n)
  series <- weekly_series(list(series = rows), NULL)
  run <- roll_series(with_law(series[[1L]], noise_laws(series)), SETTINGS)
  unit <- in_unit(run, run$served, half_widths(run, run$chosen, LEVEL))
  lapply(unit[c("lower", "upper")], function(bound) bound[31:(weeks + 1L), c(1L, 4L)])
}

chance_within <- function(lower, upper, kind, size, p, varies) {
  if (kind == "count") return(stats::ppois(upper, p) - stats::ppois(ceiling(lower) - 1, p))
  n <- if (varies) seq_len(3L * size + 10L) else size
  weight <- if (varies) stats::dpois(n, size) / sum(stats::dpois(n, size)) else 1
  below <- function(k) stats::pbinom(k, n, p)
  sum(weight * (below(floor(upper * n + 1e-5)) - below(ceiling(lower * n - 1e-5) - 1)))
}

attainable <- function(kind, size, p) {
  chance <- if (kind == "count") stats::dpois(0:stats::qpois(1 - 1e-6, p), p)
            else stats::dbinom(0:size, size, p)
  ends <- which(outer(seq_along(chance), seq_along(chance), `<=`), arr.ind = TRUE)
  held <- apply(ends, 1L, function(end) sum(chance[end[1L]:end[2L]]))
  held[which.min(abs(held - LEVEL))]
}

held <- function(kind, size, p, sets, varies) {
  chances <- lapply(seq_len(sets), function(seed) {
    set.seed(seed)
    bounds <- intervals_of(kind, size, p, varies)
    within <- mapply(chance_within, bounds$lower, bounds$upper,
                     MoreArgs = list(kind = kind, size = size, p = p, varies = varies))
    colMeans(matrix(within, ncol = 2L))
  })
  mean_chance <- Reduce(`+`, chances) / sets
  list(one_week = mean_chance[1L], four_weeks = mean_chance[2L], attainable = attainable(kind, size, p))
}

KINDS <- list(
  white = function(n) stats::rnorm(n), random_walk = function(n) cumsum(stats::rnorm(n)),
  carried_over = function(n) {
    utils::tail(as.double(stats::filter(stats::rnorm(n + 50L), 0.6, "recursive")), n)
  },
  trend = function(n) 0.1 * seq_len(n) + stats::rnorm(n), heavy_tails = function(n) stats::rt(n, 3),
  level_shift = function(n) stats::rnorm(n) + 5 * (seq_len(n) > n / 2),
  season = function(n) 3 * sin(2 * pi * seq_len(n) / 52) + stats::rnorm(n),
  local_trend = function(n) cumsum(cumsum(stats::rnorm(n)) / 10) + stats::rnorm(n),
  growing_noise = function(n) stats::rnorm(n) * seq(0.2, 3, length.out = n),
  shrinking_noise = function(n) stats::rnorm(n) * seq(3, 0.2, length.out = n),
  heavy_walk = function(n) cumsum(stats::rt(n, 4)), drift = function(n) cumsum(stats::rnorm(n) + 0.2),
  # half a year of growth, half a year of rest: the method that served the one fails in the other
  growth_and_rest = function(n) cumsum(rep_len(rep(c(1, 0), each = 26L), n)) + stats::rnorm(n) / 20,
  growth_and_rest_by_quarter = function(n) cumsum(rep_len(rep(c(1, 0), each = 13L), n)) + stats::rnorm(n) / 20
)

excess_of <- function(kind, weeks, seed) {
  set.seed(seed)
  list(excess = excess_errors(roll_series(list(y = KINDS[[kind]](weeks), weeks = mondays(weeks)), SETTINGS)))
}

verdicts <- function(runs) {
  ratio <- vapply(runs, function(reports) unlist(pooled_relative_mae(reports)), double(2L))
  list(mean = mean(ratio[1L, ]), most = max(ratio[1L, ]), rejected = mean(ratio[1L, ] > ratio[2L, ]))
}

gate <- function(kind, weeks, sets, first) {
  reports <- lapply(first + seq_len(sets) - 1L, excess_of, kind = kind, weeks = weeks)
  within <- vapply(reports, function(one) stats::var(one$excess$excess), 1)
  c(verdicts(lapply(reports, list)), sd = sqrt(mean(within)))
}

# As many series as the real answers have.
N_SERIES <- 70L
gate_runs <- function(weeks, runs, first) {
  kinds <- rep_len(names(KINDS)[1:12], N_SERIES)
  verdicts(lapply(seq_len(runs) - 1L, function(run) {
    Map(excess_of, kinds, weeks, first + run * N_SERIES + seq_len(N_SERIES) - 1L)
  }))
}

# Normal errors; those of what was served have the correlation CARRIED with naive's.
CARRIED <- 0.8
WORSE_WEEKS <- 26L
worse <- function(weeks, times, runs) {
  compared <- weeks - 1L - MIN_COMPARED
  size <- ifelse(seq_len(compared) <= WORSE_WEEKS, times, 1)
  one <- function(...) {
    naive <- stats::rnorm(compared)
    own <- size * (CARRIED * naive + sqrt(1 - CARRIED^2) * stats::rnorm(compared))
    usual <- mean(abs(naive))
    list(excess = data.frame(week = seq_len(compared), excess = (abs(own) - abs(naive)) / usual))
  }
  rejected <- function(n) verdicts(lapply(seq_len(runs), function(run) lapply(seq_len(n), one)))$rejected
  set.seed(1)
  list(alone = rejected(1L), together = rejected(N_SERIES))
}

words <- commandArgs(TRUE)
numbers <- suppressWarnings(as.double(words))
result <- switch(words[1L],
                 held = held(words[2L], numbers[3L], numbers[4L], numbers[5L], words[6L] == "varies"),
                 gate = gate(words[2L], numbers[3L], numbers[4L], numbers[5L]),
                 runs = gate_runs(numbers[2L], numbers[3L], numbers[4L]),
                 worse = worse(numbers[2L], numbers[3L], numbers[4L]))
cat(jsonlite::toJSON(result, auto_unbox = TRUE, digits = NA), "\n")
