# Prints one line of JSON. The first argument chooses what is measured:
#   rates N CARRY SERIES: series of noise through the rolling origin (without Prophet), each also with a spike
#     of 4 and a lasting shift of 4 standard deviations of its one-step errors
#   fit FILE AS_OF: seconds of the fit alone, on a CSV of forecast_input; and over the series, the median, the
#     90% point and the maximum of the standard deviation of one week's difference to naive
#   school FILE AS_OF MONDAY ...: false alarms, and spikes and shifts planted into the school's series; events
#     really happened in the weeks of these Mondays
#   alike SERIES N SPREAD TIMES: false alarms and spikes found among series of one metric, judged together

folder <- file.path("r-services", "forecast")
for (file in setdiff(list.files(folder, "\\.R$"), "plumber.R")) {
  sys.source(file.path(folder, file), environment())
}

weeks_of <- function(n) as.Date("2020-01-06") + 7L * (seq_len(n) - 1L)

noise <- function(n, seed, carry) {
  set.seed(seed)
  shocks <- stats::rnorm(n + 50L)
  utils::tail(if (carry == 1) cumsum(shocks) else as.double(stats::filter(shocks, carry, "recursive")), n)
}

rolled <- function(y) {
  roll_series(list(y = y, weeks = weeks_of(length(y))),
              list(horizon = 1L, threshold = 2.5, evaluate_weeks = 156L, methods = METHODS[1:3]))
}

# sigma: standard deviation of the serving method's errors here, the unit of a score
one_noise <- function(n, seed, carry) {
  y <- noise(n, seed, carry)
  plain <- rolled(y)
  sigma <- stats::sd(past_errors(plain, n), na.rm = TRUE)
  side <- c(-1, 1)[seed %% 2L + 1L]
  spiked <- rolled(replace(y, n, y[n] + 4 * sigma * side))
  from <- n - 7L # a shift is only visible after some weeks
  moved <- rolled(y + ifelse(seq_len(n) >= from, 4 * sigma * side, 0))
  c(flagged = sum(plain$flagged), judged = sum(!is.na(plain$score)), spike = spiked$flagged[n],
    shift = any(moved$shifts$week >= from - 1L), dated = any(abs(moved$shifts$week - from) <= 1L))
}

# Rolls the series of one metric of a school with all methods. Returns for every week except the busy ones the
# error divided by the noise expected for the week's size, the errors that judge it, and its flag. Forecasts
# and scales from before a week do not depend on the week, so one pass is enough for spikes in every week.
# Shifts of 4 standard deviations of the noise are planted 10 and, in another run, 31 weeks before the end, up
# in one series, down in the next.
SETTINGS <- list(horizon = 1L, threshold = 2.5, evaluate_weeks = 156L)
BACK <- c(9L, 30L)
of_metric <- function(series, busy) {
  plain <- roll_metric(series, SETTINGS)
  judged <- Map(of_one, series, plain, list(busy))
  weeks <- do.call(rbind, lapply(judged, `[[`, "weeks"))
  weeks$sigma <- noise_of(weeks)
  list(judges = do.call(c, lapply(judged, `[[`, "judges")), weeks = weeks,
       quiet = vapply(plain, quiet_shifts, 1, busy = busy),
       shifts = do.call(rbind, lapply(BACK, with_shifts, series = series, runs = plain, weeks = weeks)))
}

# The number of shifts found without planting one, except those that may be the beginning of a term.
quiet_shifts <- function(run, busy) sum(!run$weeks[run$shifts$week] %in% c(busy, busy - 7L))

# Whether a shift planted `back` weeks before the last week is reported within six weeks, and dated to its
# week or one beside it.
with_shifts <- function(back, series, runs, weeks) {
  from <- vapply(series, function(one) length(one$y), 1L) - back
  own <- split(weeks, factor(weeks$scope, unique(weeks$scope)))
  moved <- roll_metric(Map(shifted, series, runs, own, from, rep_len(c(1, -1), length(series))), SETTINGS)
  do.call(rbind, Map(function(run, from) {
    away <- run$shifts$week - from
    data.frame(reported = any(away >= -1L & away <= 6L), dated = any(abs(away) <= 1L))
  }, moved, from))
}

of_one <- function(series, run, busy) {
  weeks <- which(!is.na(run$score) & !series$weeks %in% busy)
  made <- lapply(weeks, function(week) comparable_errors(run, week))
  list(judges = Map(function(week, one) {
    level <- run$served[week, 1L]
    size <- relative_noise(run$law[week, ], sizes(run, week, run$chosen[week]))
    function(error) {
      value <- from_scale(run$kind, level + error * size, run$n[week])
      week_score(error, one$past, run$usual[[week]], sampling_score(run$kind, level, value, run$n[week]),
                 run$kind == "count" || !is.na(run$n[week]))
    }
  }, weeks, made),
       weeks = data.frame(metric = series$metric, scope = series$scope, monday = series$weeks[weeks],
                          error = vapply(made, `[[`, 1, "error"), n_past = run$n_past[weeks],
                          flagged = run$flagged[weeks]))
}

shifted <- function(series, run, weeks, from, side) {
  size <- relative_noise(run$law[from, ], sizes(run, from, run$chosen[from]))
  by <- 4 * side * size * utils::tail(weeks$sigma[weeks$monday <= series$weeks[from]], 1L)
  y <- series$y + ifelse(seq_along(series$y) >= from, by, 0)
  utils::modifyList(series, list(y = y, value = from_scale(series$kind, y, series$n)))
}

# The standard deviation of the noise of each row: that of its series, times a factor. The factor is how much
# noisier than usual the series of its metric are in the quiet weeks of half a year before and after (a school
# that loses learners is noisier in its last year than in its first). One series alone, 53 errors, would give
# it to 10% only, and white noise hides 2% more of the spikes of 4 times such a number.
NEARBY_DAYS <- 26L * 7L
noise_of <- function(rows) {
  own <- stats::ave(rows$error, rows$metric, rows$scope, FUN = stats::sd)
  usual <- split(data.frame(day = as.integer(rows$monday), square = (rows$error / own)^2), rows$metric)
  louder <- Map(function(metric, day) {
    near <- abs(usual[[metric]]$day - day) <= NEARBY_DAYS
    sqrt(mean(usual[[metric]]$square[near]))
  }, rows$metric, as.integer(rows$monday))
  own * unlist(louder)
}

# The share of weeks that are flagged as they are, and the share that would be flagged with a spike of 4
# standard deviations.
of_school <- function(rows, as_of, busy) {
  series <- weekly_series(list(series = rows), as_of)
  series <- Filter(is_ready, lapply(series, with_law, laws = noise_laws(series)))
  load_prophet()
  metrics <- split(series, vapply(series, `[[`, "", "metric"))
  judged <- parallel::mclapply(metrics, of_metric, busy = busy, mc.cores = 2L, mc.preschedule = FALSE)
  all <- do.call(Map, c(list(joined), unname(judged)))
  c(lapply(judged, rates_of_metric), list(all = rates_of_metric(all)))
}

joined <- function(...) if (is.data.frame(..1)) rbind(...) else c(...)

rates_of_metric <- function(judged) {
  weeks <- judged$weeks
  found <- vapply(seq_along(judged$judges), function(i) {
    judge <- judged$judges[[i]]
    spiked <- weeks$error[i] + c(-4, 4) * weeks$sigma[i]
    mean(abs(vapply(spiked, judge, 1)) >= 2.5)
  }, 1)
  short <- weeks$n_past < SHORT
  list(judged = nrow(weeks), false_alarms = mean(weeks$flagged), spike = mean(found), short = mean(short),
       spike_short = mean(found[short]), shift = mean(judged$shifts$reported),
       dated = mean(judged$shifts$dated), quiet_shifts = mean(judged$quiet))
}

# By arithmetic, a series alone with fewer errors finds at most 84% of spikes of normal noise.
SHORT <- 30L

# A metric of similar series of n errors each, with this spread of log standard deviations: how often a score
# reaches 2.5 without and with a spike of 4 standard deviations in one of them.
of_alike <- function(n_series, n, spread, times) {
  counted <- vapply(seq_len(times), function(seed) {
    set.seed(seed)
    sigma <- exp(stats::rnorm(n_series, 0, spread))
    pasts <- lapply(sigma, function(one) stats::rnorm(n, 0, one))
    error <- stats::rnorm(1L, 0, sigma[1L]) + c(0, 4) * sigma[1L]
    abs(vapply(error, anomaly_score, 1, past = pasts[[1L]], usual = usual_scale(pasts))) >= 2.5
  }, c(NA, NA))
  list(false_alarms = mean(counted[1L, ]), spike = mean(counted[2L, ]))
}

# Of series with at least so many weeks after the choice.
FEW_WEEKS <- 13L
spread_of_excess <- function(rows, parameters) {
  series <- weekly_series(list(series = rows), parameters$as_of)
  series <- lapply(series, with_law, laws = noise_laws(series))
  settings <- list(horizon = parameters$horizon_weeks, threshold = parameters$anomaly_threshold,
                   level = parameters$interval_level, evaluate_weeks = parameters$evaluate_weeks,
                   lookback_weeks = parameters$lookback_weeks)
  reports <- forecast_metrics(series, settings, function(...) NULL)
  each <- lapply(reports, function(report) report$excess$excess)
  each <- vapply(each[lengths(each) >= FEW_WEEKS], stats::sd, 1)
  unname(stats::quantile(each, c(0.5, 0.9, 1)))
}

read_series <- function(path) {
  rows <- utils::read.csv(path, colClasses = c(scope = "character"))
  rows$week_start <- as.Date(rows$week_start)
  rows
}

main <- function(words) {
  if (words[1L] == "school") {
    result <- of_school(read_series(words[2L]), as.Date(words[3L]), as.Date(words[-(1:3)]))
  } else if (words[1L] == "alike") {
    numbers <- as.double(words[-1L])
    result <- of_alike(numbers[1L], numbers[2L], numbers[3L], numbers[4L])
  } else if (words[1L] == "rates") {
    n <- as.integer(words[2L])
    counted <- parallel::mclapply(seq_len(as.integer(words[4L])), one_noise, n = n,
                                  carry = as.double(words[3L]),
                                  mc.cores = 2L)
    counted <- do.call(rbind, counted)
    total <- colSums(counted)
    result <- list(false_alarms = total[["flagged"]] / total[["judged"]], judged = total[["judged"]],
                 spike = total[["spike"]] / nrow(counted), shift = total[["shift"]] / nrow(counted),
                 dated = total[["dated"]] / nrow(counted))
  } else {
    rows <- read_series(words[2L])
    parameters <- lapply(forecast_parameters(), function(one) one$default)
    parameters$as_of <- as.Date(words[3L])
    spent <- system.time(fit_forecast(list(series = rows), parameters))
    result <- list(seconds = spent[["elapsed"]],
                 cpu_seconds = sum(spent[c("user.self", "sys.self", "user.child", "sys.child")]),
                 excess_sd = spread_of_excess(rows, parameters))
  }
  cat(jsonlite::toJSON(result, auto_unbox = TRUE, digits = NA), "\n")
}

main(commandArgs(TRUE))
