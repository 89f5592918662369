# What a segment is called: plain words for where its centre lies, one label per segment.

# Words for a centre below and above the population's median, by feature.
SEGMENT_WORDS <- list(
  engagement = c("loose", "engaged"), improvement = c("fading", "improving"),
  efficiency = c("even_paced", "speeding_up"), recovery = c("repeating_errors", "mending_errors"),
  sessions = c("occasional", "regular"), mean_gap_days = c("frequent", "spaced"),
  median_response_ms = c("quick", "unhurried"), hints_per_answer = c("unaided", "with_hints"),
  attempts = c("short", "intensive")
)
LABEL_OF_ONE <- "all_alike"
LABEL_OF_THE_MIDDLE <- "typical"
WORDS_OF_A_LABEL <- 2L
WORTH_A_WORD <- 0.3 # robust standard deviations from the median

# Labels of the rows of `centers` (scaled, so that 0 is the population's median): the two features that
# deviate most, worst first, as words; more of them where two segments would be called alike. Where all
# words agree the segments are numbered, the one nearest to the median first.
segment_labels <- function(centers) {
  if (nrow(centers) == 1L) return(LABEL_OF_ONE)
  words <- lapply(seq_len(nrow(centers)), function(i) ranked_words(row_of(centers, i)))
  depth <- rep(WORDS_OF_A_LABEL, length(words))
  repeat {
    chosen <- mapply(words_of_a_label, words, depth, SIMPLIFY = FALSE)
    meant <- vapply(chosen, function(one) paste(sort(one, method = "radix"), collapse = "_"), "")
    shared <- meant %in% meant[duplicated(meant)] # the order of words distinguishes nothing
    can_say_more <- shared & depth < ncol(centers)
    if (!any(can_say_more)) break
    depth[can_say_more] <- depth[can_say_more] + 1L
  }
  labels <- vapply(chosen, paste, "", collapse = "_")
  numbered_where_shared(labels, meant, rowSums(centers^2))
}

# data.frame(word, deviation), the largest deviation first; equal ones in the order of the features.
ranked_words <- function(center) {
  word <- mapply(function(feature, z) {
    known <- SEGMENT_WORDS[[feature]]
    if (is.null(known)) known <- paste0(c("low_", "high_"), feature)
    known[[if (z < 0) 1L else 2L]]
  }, names(center), center)
  by_size <- order(-abs(center), seq_along(center))
  data.frame(word = word[by_size], deviation = abs(center)[by_size])
}

# Beyond the usual two words, words of small deviations are used too: they distinguish segments.
words_of_a_label <- function(words, depth) {
  least <- if (depth > WORDS_OF_A_LABEL) 0 else WORTH_A_WORD
  chosen <- utils::head(words$word[words$deviation >= least], depth)
  if (length(chosen)) chosen else LABEL_OF_THE_MIDDLE
}

numbered_where_shared <- function(labels, meant, distance) {
  for (one in unique(meant[duplicated(meant)])) {
    alike <- which(meant == one)
    labels[alike[order(distance[alike], alike)]] <- paste0(labels[alike[1L]], "_", seq_along(alike))
  }
  labels
}
