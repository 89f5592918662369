# Response curves and the areas between them.

# P(right): thetas in rows, items in columns.
item_curves <- function(theta, a, b, c) {
  n <- length(theta)
  guess <- rep(c, each = n)
  p <- guess + (1 - guess) * stats::plogis(rep(a, each = n) * (theta - rep(b, each = n)))
  matrix(p, n)
}

# Areas between curves x and y over all theta (Raju 1988) where both have the same c; else over [-6, 6], since
# the area would be infinite (Kim and Cohen 1991). list(signed = of x minus y, unsigned).
areas_between <- function(x, y) {
  exact <- raju_areas(x, y)
  theta <- seq(-6, 6, length.out = 601L)
  gap <- item_curves(theta, x$a, x$b, x$c) - item_curves(theta, y$a, y$b, y$c)
  step <- rep(c(0.5, 1, 0.5), c(1L, 599L, 1L)) * (theta[2L] - theta[1L]) # trapezoids
  same <- abs(x$c - y$c) < 1e-12
  list(signed = ifelse(same, exact$signed, colSums(gap * step)),
       unsigned = ifelse(same, exact$unsigned, colSums(abs(gap) * step)))
}

raju_areas <- function(x, y) {
  shift <- y$b - x$b
  slopes <- x$a - y$a
  parallel <- abs(slopes) < 1e-9
  slopes[parallel] <- 1
  exponent <- x$a * y$a * shift / slopes
  # log(1 + exp(x)) without overflow
  softplus <- pmax(exponent, 0) + log1p(exp(-abs(exponent)))
  crossing <- abs(2 * slopes / (x$a * y$a) * softplus - shift)
  list(signed = (1 - x$c) * shift, unsigned = (1 - x$c) * ifelse(parallel, abs(shift), crossing))
}
