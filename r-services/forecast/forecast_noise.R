# How a week's noise depends on its size: an accuracy of 20 answers varies more than one of 2,000, and a
# school that shrinks becomes noisier. Estimated from all series of a metric together, because their sizes
# differ most.

NOISE_SHARES <- seq(0, 1, by = 0.1)
# With fewer differences no law is estimated: noise then counts as equal in all weeks.
NOISE_MIN_DIFFERENCES <- 52L
# A difference beyond this counts no more against a law (2.5 standard deviations).
NOISE_MOST_SQUARES <- 6.25

#' The law of noise of each metric, week by week.
#'
#' The variance of a week's noise is taken as proportional to (1 - share) + share * typical / n: a part that
#' all weeks have alike and a part due to sampling, which falls with n (answers, learners; of a count its
#' level). Maximum likelihood of normal differences between following weeks, with bounded influence, on a grid
#' of shares.
#'
#' @param series As weekly_series() returns them.
#' @return A list by metric of data.frame(week, share, typical), one row per Monday from the first week known
#'   to the one after the last. A row rests on the ERROR_WEEKS weeks before it.
noise_laws <- function(series) {
  metrics <- vapply(series, `[[`, "", "metric")
  lapply(split(series, factor(metrics, unique(metrics))), metric_law)
}

metric_law <- function(series) {
  differences <- do.call(rbind, lapply(series, weekly_differences))
  weeks <- do.call(c, lapply(series, `[[`, "weeks"))
  weeks <- seq(min(weeks), max(weeks) + 7L, by = 7L)
  laws <- lapply(seq_along(weeks), function(i) {
    known <- differences$week < weeks[i] & differences$week >= weeks[i] - 7L * ERROR_WEEKS
    noise_law(differences[known, ])
  })
  data.frame(week = weeks, do.call(rbind, laws))
}

# data.frame(week, square, rarity): squared differences of following known weeks, and the mean of 1 / n
# of both.
weekly_differences <- function(series) {
  n <- series$n
  if (series$kind == "count") n <- series$value + HALF
  later <- seq_along(series$y)[-1L]
  differences <- data.frame(week = series$weeks[later], square = diff(series$y)^2,
                     rarity = (1 / n[later] + 1 / n[later - 1L]) / 2)
  differences[is.finite(differences$square) & is.finite(differences$rarity), ]
}

noise_law <- function(differences) {
  if (nrow(differences) < NOISE_MIN_DIFFERENCES) return(data.frame(share = 0, typical = 1))
  usual <- stats::median(differences$rarity)
  misfit <- vapply(NOISE_SHARES, function(share) {
    expected <- 1 - share + share * differences$rarity / usual
    ratio <- differences$square / expected
    variance <- max(stats::median(ratio) * 1.4826^2, VANISHING^2)
    sum(log(expected * variance) + pmin(ratio / variance, NOISE_MOST_SQUARES))
  }, 1)
  data.frame(share = NOISE_SHARES[which.min(misfit)], typical = 1 / usual)
}

# A series with the law of each of its weeks, and of the one to come, as noise_laws() has them.
with_law <- function(series, laws) {
  law <- laws[[series$metric]]
  at <- match(c(series$weeks, series$weeks[length(series$weeks)] + 7L), law$week)
  replace(series, "law", list(law[at, c("share", "typical")]))
}

# The standard deviation of noise at size n, relative to that at the typical size; 1 where n is unknown.
relative_noise <- function(law, n) {
  size <- sqrt(1 - law$share + law$share * law$typical / n)
  ifelse(is.finite(size), size, 1)
}
