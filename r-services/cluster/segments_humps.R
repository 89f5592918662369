# Does one feature have humps, as separate groups of learners give it? A feature with humps is measured by its
# spread within them: its total spread is mostly the distance between groups, and divided by that no groups
# are ever far apart.

LEAST_HUMP_SHARE <- 0.025
LARGEST_DIP_P <- 0.01
LEAST_APART <- 3.5 # means of two humps, in spreads within them; halves of a uniform are 3.46 apart

# For each value of v the centre (median) of its hump; the median of all where there is one hump.
hump_centers <- function(v) {
  hump <- findInterval(v, hump_cuts(v, LEAST_HUMP_SHARE * length(v)))
  stats::ave(v, hump, FUN = stats::median)
}

# The places between humps, from low to high. Values are cut in two where that leaves least spread. The cut
# counts if the halves lie apart, each has `least` values, and the dip test (Hartigan and Hartigan 1985,
# Annals of Statistics 13, 70-84) refuses one hump; then each half is looked at in turn.
hump_cuts <- function(v, least) {
  if (length(v) < 4L || max(v) <= min(v)) return(double())
  cut <- least_spread_cut(v)
  low <- v < cut
  if (min(sum(low), sum(!low)) < max(2, least)) return(double())
  within <- sqrt(mean((v - stats::ave(v, low))^2))
  if (mean(v[!low]) - mean(v[low]) < LEAST_APART * within) return(double())
  test <- suppressMessages(diptest::dip.test(spread_ties(v))) # it says when it uses the limit for many values
  if (test$p.value >= LARGEST_DIP_P) return(double())
  c(hump_cuts(v[low], least), cut, hump_cuts(v[!low], least))
}

# 2-means in one dimension, exactly: the cut with the largest sum of squares between.
least_spread_cut <- function(v) {
  v <- sort(v)
  n_low <- seq_len(length(v) - 1L)
  between <- cumsum(v - mean(v))[n_low]^2 / (n_low * (length(v) - n_low))
  between[diff(v) <= 0] <- -1
  at <- which.max(between)
  (v[at] + v[at + 1L]) / 2
}

# Equal values (counts, zeros) spread evenly over the room up to halfway to the next ones: the dip test is for
# continuous values and takes every tie for a mode.
spread_ties <- function(v) {
  places <- sort(unique(v))
  if (length(places) < 2L || length(places) == length(v)) return(v)
  halfway <- (places[-1L] + places[-length(places)]) / 2
  from <- c(2 * places[1L] - halfway[1L], halfway)
  to <- c(halfway, 2 * places[length(places)] - halfway[length(halfway)])
  place <- match(v, places)
  n <- tabulate(place, length(places))
  rank_in_tie <- stats::ave(seq_along(v), place, FUN = seq_along)
  from[place] + (rank_in_tie - 0.5) / n[place] * (to - from)[place]
}
