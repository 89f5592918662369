# How good a series' forecasts were, by its own rolling origin, and the gates over all series.

# Everything is measured on the scale of the forecast, over all evaluated weeks, flagged ones included.
measure_series <- function(run, width, level) {
  weeks <- run$first:length(run$y)
  ahead <- seq_len(run$settings$horizon)
  last <- nrow(run$served)
  by_method <- relative_errors(run, weeks)
  own <- match(run$chosen[last], METHODS)
  coverage <- do.call(rbind, lapply(ahead, coverage_ahead, run = run, width = width))
  pinball <- pinball_pair(run, width, level)
  list(
    mase = by_method$value[[own]], mase_as_served = relative_served(run, weeks),
    mase_ahead = I(vapply(ahead, function(h) relative_errors(run, weeks, h)$value[[own]], 1)),
    methods = data.frame(method = METHODS, mase = by_method$value, n = by_method$n),
    served = as.list(table(factor(run$chosen[weeks], METHODS))),
    interval_level = level, coverage = coverage, coverage_ahead = coverage,
    coverage_one_step = coverage$held[1L] / max(coverage$n[1L], 1L),
    pinball_served = pinball$served, pinball_naive = pinball$naive,
    n_judged = sum(!is.na(run$score)), n_flagged = sum(run$flagged), n_shifts = nrow(run$shifts)
  )
}

# The same ratio for what was served week by week, each week by the method that was best until then: choosing
# on the errors that are then reported flatters, this does not.
relative_served <- function(run, weeks) {
  own <- abs(errors_ahead(run, run$served[, 1L], 1L)[weeks])
  naive <- abs(errors_ahead(run, run$paths[, 1L, "naive"], 1L)[weeks])
  both <- !is.na(own) & !is.na(naive)
  if (sum(naive[both]) == 0) 1 else sum(own[both]) / sum(naive[both])
}

# Of the served forecast and the naive one, each with the band of its own errors, over the weeks that have
# both.
pinball_pair <- function(run, width, level) {
  naive <- matrix(run$paths[, , "naive"], nrow(run$served))
  naive_width <- half_widths(run, rep("naive", nrow(width)), level)
  both <- which(!is.na(run$y) & !is.na((width + naive_width)[seq_along(run$y), 1L]))
  if (length(both) == 0L) return(list(served = NA_real_, naive = NA_real_))
  list(served = pinball_loss(run, run$served, width, level, both),
       naive = pinball_loss(run, naive, naive_width, level, both))
}

# Pooled over series. All series see the same weeks and the weeks ahead overlap, so the coverage of few weeks
# may be off by chance: three standard errors of as many independent forecasts as there are weeks widen the
# band.
COVERAGE_BAND <- 0.05

forecast_gates <- function(reports, points, settings) {
  coverage <- do.call(rbind, lapply(reports, `[[`, "coverage"))
  weeks <- max(coverage$n, 1L)
  off <- COVERAGE_BAND + 3 * sqrt(settings$level * (1 - settings$level) / weeks)
  mase <- vapply(reports, function(one) one$meta$mase, 1)
  ahead <- points[points$kind == "forecast", ]
  ordered <- ahead$yhat_lower <= ahead$yhat & ahead$yhat <= ahead$yhat_upper
  data.frame(
    name = c("n_series", "coverage", "mase", "n_forecasts_without_interval"),
    value = c(length(reports), sum(coverage$held) / sum(coverage$n), max(mase), sum(!(ordered %in% TRUE))),
    lower = c(1, max(0, settings$level - off), NA, NA), upper = c(NA, min(1, settings$level + off), 1, 0)
  )
}
