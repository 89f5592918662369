# How good a series' forecasts were, by its own rolling origin, and the gates over all series.

# Errors are compared on the scale of the forecast, over all evaluated weeks, flagged ones included; intervals
# in the metric's unit, as they are served: served is in_unit() of what was served.
measure_series <- function(run, served, level) {
  weeks <- run$first:length(run$y)
  ahead <- seq_len(run$settings$horizon)
  by_method <- relative_errors(run, weeks)
  own <- match(run$chosen[nrow(run$served)], METHODS)
  coverage <- do.call(rbind, lapply(ahead, coverage_ahead, run = run, served = served))
  pinball <- pinball_pair(run, served, level)
  as_served <- relative_served(run, weeks)
  list(
    relative_mae = by_method$value[[own]], relative_mae_as_served = as_served,
    mase = by_method$value[[own]], mase_as_served = as_served, # the older names of these two
    mase_ahead = I(vapply(ahead, function(h) relative_errors(run, weeks, h)$value[[own]], 1)),
    methods = data.frame(method = METHODS, mase = by_method$value, n = by_method$n),
    served = as.list(table(factor(run$chosen[weeks], METHODS))),
    interval_level = level, coverage = coverage, coverage_ahead = coverage,
    coverage_one_step = coverage$held[1L] / max(coverage$n[1L], 1L),
    pinball_served = pinball$served, pinball_naive = pinball$naive,
    n_judged = sum(!is.na(run$score)), n_flagged = sum(run$flagged), n_shifts = nrow(run$shifts)
  )
}

# Of the served forecast and the naive one, each with the band of its own errors, over the weeks that have
# both.
pinball_pair <- function(run, served, level) {
  width <- half_widths(run, rep("naive", nrow(run$served)), level, horizon = 1L)
  naive <- in_unit(run, matrix(run$paths[, 1L, "naive"]), width)
  both <- which(!is.na(run$value) & !is.na((served$lower[, 1L] + naive$lower)[seq_along(run$y)]))
  if (length(both) == 0L) return(list(served = NA_real_, naive = NA_real_))
  list(served = pinball_loss(run, served, level, both), naive = pinball_loss(run, naive, level, both))
}

# The same ratio for what was served week by week, each week by the method that was best until then: choosing
# on the errors that are then reported flatters, this does not.
relative_served <- function(run, weeks) {
  own <- abs(errors_ahead(run, run$served[, 1L], 1L)[weeks])
  naive <- abs(errors_ahead(run, run$paths[, 1L, "naive"], 1L)[weeks])
  both <- !is.na(own) & !is.na(naive)
  if (sum(naive[both]) == 0) 1 else sum(own[both]) / sum(naive[both])
}

# Week by week how much more what was served erred than the naive method, relative to the naive method's mean
# error, in weeks for which there was a choice: data.frame(week, excess).
excess_errors <- function(run) {
  weeks <- utils::tail(run$first:length(run$y), -MIN_COMPARED)
  own <- abs(errors_ahead(run, run$served[, 1L], 1L)[weeks])
  naive <- abs(errors_ahead(run, run$paths[, 1L, "naive"], 1L)[weeks])
  usual <- mean(naive, na.rm = TRUE)
  excess <- (own - naive) / if (usual %in% 0) 1 else usual
  excess <- data.frame(week = run$weeks[weeks], excess = excess)
  excess[!is.na(excess$excess), ]
}

# list(value, most): the relative MAE of what was served, in the mean over the weeks of all series, and what
# the gate lets it be: two standard errors of as many independent weeks as there are more than
# MOST_RELATIVE_MAE. Before there is a choice, the naive method is served and the value is 1.
pooled_relative_mae <- function(reports) {
  excess <- do.call(rbind, lapply(reports, `[[`, "excess"))
  list(value = 1 + sum(excess$excess) / max(nrow(excess), 1L),
       most = MOST_RELATIVE_MAE + 2 * EXCESS_SD / sqrt(max(length(unique(excess$week)), 1L)))
}

# Pooled over series. All series see the same weeks and the weeks ahead overlap, so the coverage of few weeks
# may be off by chance: three standard errors of as many independent forecasts as there are weeks widen the
# band.
COVERAGE_BAND <- 0.05
# To choose by the errors of earlier weeks may cost so much against always serving the naive method (a random
# walk costs 2%). The difference of one week, by the naive method's mean error, has a standard deviation of
# at most EXCESS_SD in nine of ten kinds of series (bench/forecast.py; docs/adr/0012).
MOST_RELATIVE_MAE <- 1.05
EXCESS_SD <- 0.63

forecast_gates <- function(reports, points, settings) {
  coverage <- do.call(rbind, lapply(reports, `[[`, "coverage"))
  weeks <- max(coverage$n, 1L)
  off <- COVERAGE_BAND + 3 * sqrt(settings$level * (1 - settings$level) / weeks)
  mae <- pooled_relative_mae(reports)
  ahead <- points[points$kind == "forecast", ]
  ordered <- ahead$yhat_lower <= ahead$yhat & ahead$yhat <= ahead$yhat_upper
  data.frame(
    name = c("n_series", "coverage", "relative_mae_as_served", "n_forecasts_without_interval"),
    value = c(length(reports), sum(coverage$held) / sum(coverage$n), mae$value, sum(!(ordered %in% TRUE))),
    lower = c(1, max(0, settings$level - off), NA, NA),
    upper = c(NA, min(1, settings$level + off), mae$most, 0)
  )
}
