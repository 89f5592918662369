# Gaps as blocks of one length and one outcome, each with its part of the design matrix. The rows of a block
# are at risk on the same days, so all that the likelihood needs are sums over blocks: one pass over the rows
# a step, and the extra memory is the size of a block.

BLOCK_ROWS <- 20000L

row_blocks <- function(n, size = BLOCK_ROWS) split(seq_len(n), (seq_len(n) - 1L) %/% size)

# The blocks of gaps, with x centred on the means of `plan`, that of design_plan(). See blocks_of().
gap_blocks <- function(rows, plan) {
  blocks_of(rows$observed_gap_days, rows$returned, match(rows$user_id, unique(rows$user_id)),
            function(i) centred_design(plan, rows[i, ]))
}

# list(blocks = list of list(days, returned, learner, x), of which days and returned are one value each;
# ends = low and high per column of x; changing = columns of x that get a second effect after
# EFFECT_CHANGE_DAY; last_day). `design(i)`: x of rows i.
blocks_of <- function(days, returned, learner, design, size = BLOCK_ROWS) {
  sorted <- order(days, returned, method = "radix")
  blocks <- lapply(unname(row_blocks(length(sorted), size)), function(places) {
    i <- sorted[places]
    x <- design(i)
    cells <- unname(split(seq_along(i), 2L * days[i] + returned[i]))
    lapply(cells, function(cell) {
      list(days = days[i[cell[1L]]], returned = returned[i[cell[1L]]], learner = learner[i[cell]],
           x = x[cell, , drop = FALSE])
    })
  })
  blocks <- unlist(blocks, recursive = FALSE)
  list(blocks = blocks, ends = column_ends(blocks), changing = integer(), last_day = max(days))
}

n_covariates <- function(gaps) ncol(gaps$blocks[[1L]]$x)

n_effects <- function(gaps) n_covariates(gaps) + length(gaps$changing)

periods_of <- function(gaps) if (length(gaps$changing)) 1:2 else 1L

# The blocks at risk in a period, each with its last day there and whether it ended there with a return:
# data.frame(block, day, returned). Only gaps longer than the first period are in the second.
spells_in <- function(gaps, period) {
  day <- vapply(gaps$blocks, function(block) block$days, 1L)
  returned <- vapply(gaps$blocks, function(block) block$returned, TRUE)
  spells <- data.frame(block = seq_along(day), day = day, returned = returned)
  if (length(gaps$changing) == 0L) return(spells)
  cut <- EFFECT_CHANGE_DAY
  if (period == 2L) return(spells[day > cut, ])
  transform(spells, day = pmin(day, cut), returned = returned & day <= cut)
}

# The effects of the columns of x in a period; `estimate` ends with the changes of effects.
effects_in <- function(gaps, period, estimate) {
  effects <- estimate[seq_len(n_covariates(gaps))]
  if (period == 2L) {
    effects[gaps$changing] <- effects[gaps$changing] + estimate[-seq_along(effects)]
  }
  effects
}

# Columns of x as columns of the effects: a change of effect has no part in the first period, and in the
# second that of its covariate. With `both`, of the rows and columns of a matrix.
of_effects <- function(gaps, period, values, both = FALSE) {
  own <- seq_len(n_covariates(gaps))
  columns <- c(own, gaps$changing)
  wide <- if (both) values[columns, columns, drop = FALSE] else values[, columns, drop = FALSE]
  if (period == 1L) {
    wide[, -own] <- 0
    if (both) wide[-own, ] <- 0
  }
  wide
}

# Per column of x over all gaps.
column_sd <- function(gaps) {
  n <- sum(vapply(gaps$blocks, function(block) nrow(block$x), 1L))
  squares <- Reduce(`+`, lapply(gaps$blocks, function(block) colSums(block$x^2)))
  sqrt(squares / max(n - 1L, 1L))
}

column_span <- function(gaps) gaps$ends$high - gaps$ends$low

column_ends <- function(blocks) {
  of_blocks <- function(end) {
    Reduce(function(one, other) mapply(end, one, other),
           lapply(blocks, function(block) vapply(colnames(block$x), function(name) end(block$x[, name]), 1)))
  }
  list(low = of_blocks(min), high = of_blocks(max))
}

# list(all = returns, of_effect = returns that inform each effect). Of a column with two values, those on the
# side that has fewer; of a change of effects, only returns after it.
informing_returns <- function(gaps) {
  ends <- gaps$ends
  two <- has_two_values(gaps)
  informing <- function(after) {
    back <- Filter(function(block) block$returned && block$days > after, gaps$blocks)
    n <- sum(vapply(back, function(block) nrow(block$x), 1L))
    counts <- rep(n, length(two))
    high <- Reduce(`+`, lapply(back, function(block) {
      colSums(block$x[, two, drop = FALSE] == rep(ends$high[two], each = nrow(block$x)))
    }), numeric(sum(two)))
    counts[two] <- pmin(high, n - high)
    counts
  }
  whole <- informing(0L)
  late <- if (length(gaps$changing)) informing(EFFECT_CHANGE_DAY)[gaps$changing]
  n_returns <- sum(vapply(gaps$blocks, function(block) block$returned * nrow(block$x), 1))
  list(all = n_returns, of_effect = c(whole, late))
}

has_two_values <- function(gaps) {
  ends <- gaps$ends
  Reduce(function(two, block) {
    x <- block$x[, two, drop = FALSE]
    each <- function(end) rep(end[two], each = nrow(x))
    replace(two, two, colSums(x != each(ends$low) & x != each(ends$high)) == 0)
  }, gaps$blocks, rep(TRUE, n_covariates(gaps)))
}
