# The series of a metric through time: each week is forecast from the weeks before it, then judged, then
# learnt from. Results of a week never depend on a later week.

# SHIFT_WEEKS weeks on the same side, the first of them flagged, are a level shift rather than spikes if all
# are flagged, or if no score is below LEAST thresholds and their mean is at least MEAN thresholds. A shift of
# 4 standard deviations is flagged in all of them in three of four cases (docs/adr/0012).
SHIFT_WEEKS <- 3L
SHIFT_LEAST <- 0.7
SHIFT_MEAN <- 1.15
# A method is compared with the naive one once it has this many errors, a quarter of a year.
MIN_COMPARED <- 13L
# The scale of an error is estimated from the errors of this many weeks: in a single series a MAD needs about
# 90 to find nine of ten spikes of 4 standard deviations at a threshold of 2.5 (docs/adr/0012).
ERROR_WEEKS <- 104L
# A flagged week older than EVENT_WEEKS is an event, once SETTLED_ERRORS errors of other weeks are known.
EVENT_WEEKS <- 26L
SETTLED_ERRORS <- 52L

#' Roll through the series of one metric side by side: each is judged by the usual errors of all.
#'
#' @param series A list of list(weeks, y, kind, value, n, law): Mondays without a gap and values on their
#'   scale, NA where missing; the values themselves, what each rests on and the law of noise (see
#'   noise_laws()), without which noise is equal in all weeks.
#' @param settings list(horizon, threshold, evaluate_weeks, methods): weeks to look ahead, the score from
#'   which a week is flagged, the number of newest weeks that are forecast (weeks before them are only learnt
#'   from), and the candidates, METHODS if absent.
#' @return A list, in the order of `series`, of list(y, weeks, kind, value, n, n_expected, n_steady, settings,
#'   train, paths[week, horizon, method], served[week, horizon], chosen, usual, score, n_past, flagged,
#'   shifts). Row w of paths and served was made with the weeks before w, as were the w-th of usual (see
#'   usual_scale()), n_expected and n_steady (see usual_n()); the last, one more than there are weeks, is the
#'   forecast of what comes.
roll_metric <- function(series, settings) {
  runs <- lapply(series, start_run, settings = settings)
  origin <- min(do.call(c, lapply(runs, function(run) run$weeks[1L])))
  offset <- vapply(runs, function(run) as.integer(run$weeks[1L] - origin) %/% 7L, 1L)
  first <- offset + vapply(runs, `[[`, 1L, "first")
  last <- offset + lengths(lapply(runs, `[[`, "weeks")) + 1L
  for (week in min(first):max(last)) {
    due <- which(week >= first & week <= last)
    runs[due] <- next_week(runs[due], week - offset[due])
  }
  runs
}

roll_series <- function(series, settings) roll_metric(list(series), settings)[[1L]]

# weeks: the number of the week in each of the runs.
next_week <- function(runs, weeks) {
  runs <- Map(forecast_week, runs, weeks)
  made <- Map(comparable_errors, runs, weeks)
  usual <- usual_scale(lapply(made, `[[`, "past"))
  Map(judge_week, runs, weeks, made, list(usual))
}

start_run <- function(series, settings) {
  n <- length(series$y)
  if (is.null(settings$methods)) settings$methods <- METHODS
  equal <- list(kind = "real", value = series$y, n = rep(NA_real_, n),
                law = data.frame(share = rep(0, n + 1L), typical = 1))
  series <- c(series, equal[setdiff(names(equal), names(series))])
  first <- max(2L, n - settings$evaluate_weeks + 1L)
  blank <- matrix(NA_real_, n + 1L, settings$horizon)
  list(
    y = series$y, weeks = series$weeks, settings = settings, first = first,
    kind = series$kind, n = series$n, n_expected = before_each(series$n, usual_n),
    n_steady = before_each(series$n, steady_n), law = series$law, value = series$value,
    train = replace(series$y, first:(n + 1L), NA)[seq_len(n)],
    paths = array(NA_real_, c(dim(blank), length(METHODS)), list(NULL, NULL, METHODS)), served = blank,
    chosen = rep(NA_character_, n + 1L), usual = vector("list", n + 1L), score = rep(NA_real_, n),
    n_past = rep(NA_integer_, n), flagged = rep(FALSE, n), side = 0, waiting = integer(),
    shifts = data.frame(week = integer(), seen = integer(), delta = double(), se = double()),
    ets = NULL, prophet = NULL
  )
}

forecast_week <- function(run, week) {
  past <- seq_len(week - 1L)
  train <- run$train[past]
  horizon <- run$settings$horizon
  must_fit <- week > length(run$y) # the published forecast is estimated on all weeks
  run$paths[week, , "naive"] <- naive_path(train, horizon)
  run$paths[week, , "naive_drift"] <- naive_drift_path(train, horizon)
  if ("ets" %in% run$settings$methods) {
    run["ets"] <- list(ets_state(train, run$ets, must_fit))
    run$paths[week, , "ets"] <- ets_path(run$ets, horizon)
  }
  if ("prophet" %in% run$settings$methods) {
    run["prophet"] <- list(prophet_state(run$weeks[past], train, run$prophet, must_fit))
    run$paths[week, , "prophet"] <- prophet_path(run$prophet, run$weeks[week - 1L], horizon)
  }
  run$chosen[week] <- choose_method(run, week)
  run$served[week, ] <- run$paths[week, , run$chosen[week]]
  run
}

# The method with the lowest mean absolute error one week ahead so far, against the naive method's in the same
# weeks.
choose_method <- function(run, week) {
  if (week == run$first) return(METHODS[1L])
  ratio <- relative_errors(run, run$first:(week - 1L))
  ratio$value[ratio$n < MIN_COMPARED & METHODS != "naive"] <- NA
  ratio$value[is.na(run$paths[week, 1L, ])] <- NA
  if (all(is.na(ratio$value))) "naive" else METHODS[which.min(ratio$value)]
}

# Per method, over weeks (rows of run): list(value, n) where value is its mean absolute error `ahead` weeks
# ahead divided by that of the naive method in the weeks that both forecast; 1 where neither errs.
relative_errors <- function(run, weeks, ahead = 1L) {
  error <- abs(errors_ahead(run, run$paths[, ahead, , drop = TRUE], ahead)[weeks, , drop = FALSE])
  naive <- error[, "naive"]
  both <- !is.na(error) & !is.na(naive)
  of_naive <- colSums(replace(both * naive, !both, 0))
  value <- colSums(replace(error, !both, 0)) / of_naive
  value[of_naive == 0] <- 1
  value[colSums(both) == 0L] <- NA
  list(value = value, n = colSums(!is.na(error)))
}

# Errors of forecasts made for `ahead` weeks ahead: row w of `forecast` was made before week w, of week w +
# ahead - 1.
errors_ahead <- function(run, forecast, ahead) {
  actual <- run$y[seq_len(length(run$y) + 1L) + ahead - 1L]
  actual - forecast
}

# Errors so many weeks ahead that the method serving `week` made in the weeks before it: its own, whether or
# not it was served then, so that an earlier, coarser method does not blunt the judgement.
past_errors <- function(run, week, ahead = 1L) {
  made <- errors_ahead(run, run$paths[, ahead, run$chosen[week]], ahead)
  utils::tail(made[seq_len(max(0L, week - ahead))], ERROR_WEEKS)
}

# The error of `week` and the earlier ones of the same method, each divided by the noise expected from the
# size of its week: list(error, past). The size of a count is its expected level, known before the week.
# The error of a flagged week counts for half a year, because noise may have grown, and always while there are
# few others, whose scale would be too small without it. After that it is an event, not noise.
comparable_errors <- function(run, week) {
  method <- run$chosen[week]
  rows <- utils::tail(seq_len(week), ERROR_WEEKS + 1L)
  made <- errors_ahead(run, run$paths[, 1L, method], 1L)[rows]
  made <- made / relative_noise(run$law[week, ], sizes(run, rows, method))
  past <- made[-length(made)]
  before <- rows[-length(rows)]
  quiet <- replace(past, run$flagged[before] & before < week - EVENT_WEEKS, NA)
  list(error = made[length(made)], past = if (sum(!is.na(quiet)) >= SETTLED_ERRORS) quiet else past)
}

sizes <- function(run, rows, method) {
  if (run$kind == "count") exp(run$paths[rows, 1L, method]) else run$n[rows]
}

judge_week <- function(run, week, made, usual) {
  run$usual[week] <- list(usual)
  value <- run$y[week]
  if (is.na(value)) return(run) # missing, or still to come
  error <- value - run$served[week, 1L]
  run$n_past[week] <- sum(!is.na(made$past))
  sampling <- sampling_score(run$kind, run$served[week, 1L], run$value[week], run$n[week])
  is_n_known <- run$kind == "count" || !is.na(run$n[week])
  run$score[week] <- week_score(made$error, made$past, usual, sampling, is_n_known)
  run$flagged[week] <- !is.na(run$score[week]) && abs(run$score[week]) >= run$settings$threshold
  learn_week(run, week, sign(error))
}

# A flagged week is not learnt from. The weeks that follow it on the same side wait: once there are enough,
# they are a level shift, or they are learnt from after all.
learn_week <- function(run, week, side) {
  size <- abs(run$score) / run$settings$threshold
  waits <- length(run$waiting) && side == run$side && !is.na(size[week]) && size[week] >= SHIFT_LEAST
  if (!waits) run <- end_wait(run)
  if (!waits && !run$flagged[week]) {
    run$train[week] <- run$y[week]
    return(run)
  }
  run$side <- side
  run$waiting <- c(run$waiting, week)
  if (length(run$waiting) < SHIFT_WEEKS) run
  else if (all(run$flagged[run$waiting]) || mean(size[run$waiting]) >= SHIFT_MEAN) take_in_shift(run)
  else end_wait(run)
}

end_wait <- function(run) {
  usual <- run$waiting[!run$flagged[run$waiting]]
  run$waiting <- integer()
  if (length(usual) == 0L) return(run)
  run$train[usual] <- run$y[usual]
  run[c("ets", "prophet")] <- list(NULL) # estimated again: these weeks were gaps to them
  run
}

# A level shift: the history is moved by the size of the shift, so that every method continues at the new
# level with its trend, season and noise, and the weeks that waited are learnt from.
take_in_shift <- function(run) {
  weeks <- run$waiting
  delta <- stats::median(run$y[weeks] - run$served[weeks, 1L])
  before <- seq_len(weeks[1L] - 1L)
  run$train[before] <- run$train[before] + delta
  run$train[weeks] <- run$y[weeks]
  # all three were forecast from the weeks before: the middle one as far off as two weeks ahead usually is
  usual <- past_errors(run, weeks[1L], min(2L, run$settings$horizon))
  se <- robust_scale(stats::na.omit(usual))
  if (se <= VANISHING) {
    se <- sampling_width(run$kind, run$served[weeks[1L], 1L], run$n_expected[weeks[1L]], ONE_SIGMA)
  }
  run$shifts <- rbind(run$shifts, data.frame(week = weeks[1L], seen = weeks[length(weeks)], delta = delta,
                                             se = se))
  run[c("ets", "prophet")] <- list(NULL) # estimated again on the moved history
  run$waiting <- integer()
  run
}
