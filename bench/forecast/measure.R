# Rscript bench/forecast/measure.R rates N CARRY SERIES: series of noise through the rolling origin (without
# Prophet), each also with a spike of 4 and a lasting shift of 4 standard deviations of its one-step errors.
# Prints one line of JSON.
# Rscript bench/forecast/measure.R fit FILE AS_OF: the fit on a CSV of forecast_input; the seconds, alone.
# Rscript bench/forecast/measure.R school FILE AS_OF MONDAY ...: false alarms, and spikes and shifts planted
# into its series; in the weeks named something did happen.

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

# sigma: of the errors that the serving method makes here, which is what a score is measured in
one_noise <- function(n, seed, carry) {
  y <- noise(n, seed, carry)
  plain <- rolled(y)
  sigma <- stats::sd(past_errors(plain, n), na.rm = TRUE)
  side <- c(-1, 1)[seed %% 2L + 1L]
  spiked <- rolled(replace(y, n, y[n] + 4 * sigma * side))
  from <- n - 7L # a shift wants weeks to be seen in
  moved <- rolled(y + ifelse(seq_len(n) >= from, 4 * sigma * side, 0))
  c(flagged = sum(plain$flagged), judged = sum(!is.na(plain$score)), spike = spiked$flagged[n],
    shift = any(moved$flagged[from:n]), dated = any(abs(moved$shifts$week - from) <= 1L))
}

# A series of a school, with all methods, week by week but for the busy ones: its errors, each by the noise
# that the week's size lets expect, those before it, and whether it is flagged. What was forecast and learnt
# before a week does not depend on it, so one pass tells of spikes in every week. A shift of 4 standard
# deviations of the errors is planted ten weeks before the end.
one_of_school <- function(series, laws, busy) {
  series$law <- laws_of(laws[[series$metric]], c(series$weeks, series$weeks[length(series$weeks)] + 7L))
  run <- function(y) {
    roll_series(replace(series, "y", list(y)), list(horizon = 1L, threshold = 2.5, evaluate_weeks = 156L))
  }
  plain <- run(series$y)
  weeks <- which(!is.na(plain$score) & !series$weeks %in% busy)
  made <- lapply(weeks, function(week) comparable_errors(plain, week))
  from <- length(series$y) - 9L
  by <- 4 * stats::sd(past_errors(plain, from), na.rm = TRUE)
  moved <- run(series$y + ifelse(seq_along(series$y) >= from, by, 0))
  list(past = lapply(made, `[[`, "past"),
       weeks = data.frame(metric = series$metric, scope = series$scope, monday = series$weeks[weeks],
                          error = vapply(made, `[[`, 1, "error"), n_past = plain$n_past[weeks],
                          flagged = plain$flagged[weeks], shift = any(moved$flagged[from:length(series$y)]),
                          dated = any(abs(moved$shifts$week - from) <= 1L)))
}

# The standard deviation of the noise of each row: that of its series, times how much noisier than usual the
# series of its metric are in the quiet weeks of half a year before and after (a school that empties is
# noisier in its last year than in its first). From one series alone, 53 errors, it would be known to 10%, and
# of spikes of 4 times such a number white noise hides 2% more.
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

# Shares of weeks that are flagged as they are, and of those that would be with a spike of 4 standard
# deviations.
of_school <- function(rows, as_of, busy) {
  series <- weekly_series(list(series = rows), as_of)
  laws <- noise_laws(series)
  series <- Filter(function(one) one$status == "forecast", series)
  load_prophet()
  told <- parallel::mclapply(series, one_of_school, laws = laws, busy = busy, mc.cores = 2L)
  weeks <- do.call(rbind, lapply(told, `[[`, "weeks"))
  past <- do.call(c, lapply(told, `[[`, "past"))
  spike <- 4 * noise_of(weeks)
  weeks$found <- vapply(seq_along(past), function(i) {
    mean(abs(vapply(weeks$error[i] + c(-1, 1) * spike[i], anomaly_score, 1, past = past[[i]])) >= 2.5)
  }, 1)
  rates <- function(part) {
    long <- part$n_past >= LONG
    list(judged = nrow(part), false_alarms = mean(part$flagged), spike = mean(part$found), long = mean(long),
         spike_long = mean(part$found[long]), shift = mean(part$shift), dated = mean(part$dated))
  }
  c(lapply(split(weeks, weeks$metric), rates), list(all = rates(weeks)))
}

# So many errors find nine in ten spikes of normal noise, by arithmetic.
LONG <- 53L

read_series <- function(path) {
  rows <- utils::read.csv(path, colClasses = c(scope = "character"))
  rows$week_start <- as.Date(rows$week_start)
  rows
}

main <- function(words) {
  if (words[1L] == "school") {
    told <- of_school(read_series(words[2L]), as.Date(words[3L]), as.Date(words[-(1:3)]))
  } else if (words[1L] == "rates") {
    n <- as.integer(words[2L])
    counted <- parallel::mclapply(seq_len(as.integer(words[4L])), one_noise, n = n,
                                  carry = as.double(words[3L]),
                                  mc.cores = 2L)
    counted <- do.call(rbind, counted)
    total <- colSums(counted)
    told <- list(false_alarms = total[["flagged"]] / total[["judged"]], judged = total[["judged"]],
                 spike = total[["spike"]] / nrow(counted), shift = total[["shift"]] / nrow(counted),
                 dated = total[["dated"]] / nrow(counted))
  } else {
    rows <- read_series(words[2L])
    parameters <- lapply(forecast_parameters(), function(one) one$default)
    parameters$as_of <- as.Date(words[3L])
    spent <- system.time(fit_forecast(list(series = rows), parameters))
    told <- list(seconds = spent[["elapsed"]],
                 cpu_seconds = sum(spent[c("user.self", "sys.self", "user.child", "sys.child")]))
  }
  cat(jsonlite::toJSON(told, auto_unbox = TRUE, digits = NA), "\n")
}

main(commandArgs(TRUE))
