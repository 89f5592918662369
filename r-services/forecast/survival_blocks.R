# Gaps as blocks of rows with their part of the design matrix. All work on gaps is done block by block, so
# that the extra memory is the size of a block.

BLOCK_ROWS <- 20000L

row_blocks <- function(n, size = BLOCK_ROWS) split(seq_len(n), (seq_len(n) - 1L) %/% size)

# list(blocks = list of list(days, returned, x, user_id), changing = columns of x that get a second effect
# after EFFECT_CHANGE_DAY, last_day). `plan`: of design_plan(); x is centred on the plan's means.
gap_blocks <- function(rows, plan) {
  blocks <- lapply(unname(row_blocks(nrow(rows))), function(i) {
    some <- rows[i, ]
    list(days = some$observed_gap_days, returned = some$returned, user_id = some$user_id,
         x = centred_design(plan, some))
  })
  list(blocks = blocks, changing = integer(), last_day = max(rows$observed_gap_days))
}

n_effects <- function(gaps) ncol(gaps$blocks[[1L]]$x) + length(gaps$changing)

periods_of <- function(gaps) if (length(gaps$changing)) 1:2 else 1L

# The spells of a block's gaps in a period, in which they are at risk from the same day on. In the second one
# the extra columns carry the change of effects; only gaps longer than the first are in it.
spells_in <- function(block, period, changing) {
  if (length(changing) == 0L) return(block)
  cut <- EFFECT_CHANGE_DAY
  if (period == 1L) {
    none <- matrix(0, length(block$days), length(changing))
    return(list(days = pmin(block$days, cut), returned = block$returned & block$days <= cut,
                x = cbind(block$x, none), user_id = block$user_id))
  }
  late <- block$days > cut
  x <- block$x[late, , drop = FALSE]
  list(days = block$days[late], returned = block$returned[late], x = cbind(x, x[, changing, drop = FALSE]),
       user_id = block$user_id[late])
}

# Per column of x over all gaps.
column_sd <- function(gaps) {
  n <- sum(vapply(gaps$blocks, function(block) length(block$days), 1L))
  squares <- Reduce(`+`, lapply(gaps$blocks, function(block) colSums(block$x^2)))
  sqrt(squares / (n - 1))
}

column_span <- function(gaps) {
  ends <- column_ends(gaps)
  ends$high - ends$low
}

column_ends <- function(gaps) {
  ends <- do.call(rbind, lapply(gaps$blocks, function(block) apply(block$x, 2L, range)))
  list(low = apply(ends, 2L, min), high = apply(ends, 2L, max))
}

# list(all = returns, of_effect = returns that inform each effect). Of a column with two values, those on the
# side that has fewer; of a change of effects, only returns after it.
informing_returns <- function(gaps) {
  ends <- column_ends(gaps)
  counted <- function(after) {
    Reduce(`+`, lapply(gaps$blocks, function(block) {
      back <- block$returned & block$days > after
      low <- block$x == rep(ends$low, each = nrow(block$x))
      high <- block$x == rep(ends$high, each = nrow(block$x))
      rbind(low = colSums(low & back), high = colSums(high & back), back = sum(back),
            between = colSums(!low & !high))
    }))
  }
  informing <- function(n) ifelse(n["between", ] > 0, n["back", ], pmin(n["low", ], n["high", ]))
  whole <- counted(0L)
  late <- if (length(gaps$changing)) informing(counted(EFFECT_CHANGE_DAY))[gaps$changing]
  list(all = whole[["back", 1L]], of_effect = unname(c(informing(whole), late)))
}
