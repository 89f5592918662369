# Linking: two estimates of the same items differ by a line, theta* = A theta + B.

# Huynh and Meyer (2010): an anchor is unstable whose difference is more than 2.7 robust standard deviations
# from the median. Below LINK_FLOOR (in b, and in log a) a robust sd would only measure rounding.
UNSTABLE_Z <- 2.7
LINK_FLOOR <- 0.05
LARGEST_DROPPED <- 0.2
JACKKNIFE_GROUPS <- 20L

#' The line from one scale to another, by anchors.
#'
#' Stocking and Lord (1983): A and B bring the two test characteristic curves of the anchors together,
#' weighted by normal(mean, sd) on the target scale; mean-sigma (Marco 1977) is the start and the cross-check.
#' Anchors whose difference in b or log a has a robust z above 2.7 are left out.
#'
#' @param from,to Lists or data.frames of a, b and (optional) c: the same anchors in the same order.
#' @param weights NULL, or one non-negative number per anchor.
#' @param method "stocking-lord" or "mean-sigma".
#' @param mean,sd Where on the target scale the curves should agree.
#' @param min_anchors Fewest anchors to use.
#' @return list: A and B (also as slope, intercept), method, n_anchors, n_anchors_used, dropped (positions),
#' mean_sigma = c(A, B) of the anchors used, covariance of (A, B) by a delete-group jackknife over the
#' anchors, and criterion, the root mean square difference of the mean curves. Raises `too_few_anchors` with
#' the numbers when fewer than `min_anchors` are left or more than 20% are unstable.
link_scales <- function(from, to, weights = NULL, method = "stocking-lord", mean = 0, sd = 1,
                        min_anchors = 5L) {
  if (!identical(method, "stocking-lord") && !identical(method, "mean-sigma")) {
    invalid("method must be stocking-lord or mean-sigma.")
  }
  anchors <- paired_anchors(from, to, weights)
  n <- length(anchors$a_from)
  if (n < min_anchors) refuse_link("There are %d anchors; at least %d are needed.", n, min_anchors, 0L)
  nodes <- link_nodes(mean, sd)
  line_of <- function(keep) link_line(lapply(anchors, `[`, keep), nodes, method)
  dropped <- unstable_anchors(anchors, line_of)
  if (length(dropped) > LARGEST_DROPPED * n) {
    refuse_link("%d of %d anchors are unstable; at most 20%% may be.", length(dropped), n, length(dropped))
  }
  used <- setdiff(seq_len(n), dropped)
  if (length(used) < min_anchors) {
    refuse_link("%d stable anchors are left; at least %d are needed.", length(used), min_anchors,
                length(dropped))
  }
  line <- line_of(used)
  kept <- lapply(anchors, `[`, used)
  list(
    A = line[[1L]], B = line[[2L]], slope = line[[1L]], intercept = line[[2L]], method = method,
    n_anchors = n, n_anchors_used = length(used), dropped = dropped, mean_sigma = mean_sigma(kept),
    covariance = jackknife(used, line_of), criterion = sqrt(curve_distance(line, kept, nodes))
  )
}

refuse_link <- function(message, n, other, n_unstable) {
  stop_as("too_few_anchors", sprintf(message, n, other), list(n = n, other = other, n_unstable = n_unstable))
}

paired_anchors <- function(from, to, weights) {
  from <- item_state(as.list(from))
  to <- item_state(as.list(to))
  n <- length(from$a)
  if (length(to$a) != n) invalid(sprintf("from has %d anchors, to has %d.", n, length(to$a)))
  if (is.null(weights)) weights <- rep(1, n)
  anchors <- list(a_from = from$a, b_from = -from$d / from$a, c_from = from$c,
                  a_to = to$a, b_to = -to$d / to$a, c_to = to$c, weight = as.double(weights))
  finite <- vapply(anchors, function(x) length(x) == n && all(is.finite(x)), NA)
  if (!all(finite) || any(weights < 0) || sum(weights) <= 0) {
    invalid(sprintf("Anchors need finite a, b and c, and weights of at least 0. Wrong: %s.",
                    if (all(finite)) "weight" else some_of(names(finite)[!finite])))
  }
  anchors
}

link_nodes <- function(mean, sd) {
  z <- seq(-4, 4, length.out = 41L)
  list(theta = mean + sd * z, weight = stats::dnorm(z) / sum(stats::dnorm(z)))
}

# Marco (1977), weighted.
mean_sigma <- function(anchors) {
  w <- anchors$weight / sum(anchors$weight)
  centre <- function(x) sum(w * x)
  spread <- function(x) sqrt(sum(w * (x - centre(x))^2))
  slope <- spread(anchors$b_to) / spread(anchors$b_from)
  if (!is.finite(slope) || slope <= 0) slope <- exp(centre(log(anchors$a_from) - log(anchors$a_to)))
  c(A = slope, B = centre(anchors$b_to) - slope * centre(anchors$b_from))
}

# Slope and intercept by `method`.
link_line <- function(anchors, nodes, method) {
  start <- mean_sigma(anchors)
  if (method == "mean-sigma") return(start)
  distance <- function(x) curve_distance(c(exp(x[[1L]]), x[[2L]]), anchors, nodes)
  found <- stats::nlminb(c(log(start[["A"]]), start[["B"]]), distance,
                         control = list(rel.tol = 1e-14, x.tol = 1e-10))
  c(A = exp(found$par[[1L]]), B = found$par[[2L]])
}

# Weighted mean square of the difference of the two mean curves, at c(A, B).
curve_distance <- function(line, anchors, nodes) {
  with(anchors, {
    target <- item_curves(nodes$theta, a_to, b_to, c_to) %*% weight
    moved_b <- line[[1L]] * b_from + line[[2L]]
    moved <- item_curves(nodes$theta, a_from / line[[1L]], moved_b, c_from) %*% weight
    sum(nodes$weight * ((target - moved) / sum(weight))^2)
  })
}

# Positions whose difference in b or in log a stands out from those that are left, until none does or too many
# do. The first line is mean-sigma's.
unstable_anchors <- function(anchors, line_of) {
  n <- length(anchors$a_from)
  kept <- seq_len(n)
  line <- mean_sigma(anchors)
  repeat {
    in_b <- anchors$b_to - (line[[1L]] * anchors$b_from + line[[2L]])
    in_log_a <- log(anchors$a_to) - log(anchors$a_from / line[[1L]])
    stable <- kept[!stands_out(in_b[kept]) & !stands_out(in_log_a[kept])]
    settled <- length(stable) == length(kept)
    kept <- stable
    if (settled || n - length(kept) > LARGEST_DROPPED * n) return(setdiff(seq_len(n), kept))
    line <- line_of(kept)
  }
}

stands_out <- function(x) abs(x - stats::median(x)) / max(0.74 * stats::IQR(x), LINK_FLOOR) > UNSTABLE_Z

# Covariance of (A, B): how the line moves when a group of the anchors is left out.
jackknife <- function(used, line_of) {
  n_groups <- min(JACKKNIFE_GROUPS, length(used))
  group <- seq_along(used) %% n_groups
  lines <- vapply(seq_len(n_groups) - 1L, function(g) line_of(used[group != g]), c(A = 0, B = 0))
  (n_groups - 1)^2 / n_groups * stats::cov(t(lines))
}

#' Put item parameters or abilities on the scale a link leads to.
#'
#' theta* = A theta + B, SE* = |A| SE, a* = a / A, b* = A b + B, d* = -a* b*; c and cov(a, b) stay.
#'
#' @param x A list or data.frame; of its columns a, b, d, se_a, se_b, theta, theta_eap, theta_wle, se, se_eap,
#'   se_wle those present are moved.
#' @param link list(A, B) as from `link_scales()`.
#' @return `x` on the new scale.
apply_link <- function(x, link) {
  move <- function(columns, change) {
    for (name in intersect(columns, names(x))) x[[name]] <<- change(x[[name]])
  }
  if (is.data.table(x)) x <- copy(x)
  move(c("b", "theta", "theta_eap", "theta_wle"), function(value) link$A * value + link$B)
  move(c("se_b", "se", "se_eap", "se_wle"), function(value) abs(link$A) * value)
  move(c("a", "se_a"), function(value) value / link$A)
  if (all(c("a", "b", "d") %in% names(x))) x$d <- -x$a * x$b
  x
}
