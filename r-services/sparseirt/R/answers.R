# Answers as the C++ side keeps them: compressed rows, 2 x item + right in four bytes each.

as_key <- function(x, name) {
  if (is.integer(x)) return(x)
  if (!is.numeric(x)) invalid(sprintf("%s must hold whole numbers from 1.", name))
  bad <- which(!is.finite(x) | x != round(x) | abs(x) > .Machine$integer.max)
  if (length(bad)) {
    invalid(sprintf("%s must hold whole numbers from 1: %d rows do not, the first is row %d.", name,
                    length(bad), bad[1L]), n = length(bad), first_row = bad[1L])
  }
  as.integer(x)
}

# list(answers = external pointer, n, n_right = by item, n_active = rows with answers, n_nodes).
# `once`: refuse a learner's second answer to an item.
build_answers <- function(key, item, right, n_keys, n_items, threads, once = FALSE, name = "learner") {
  key <- as_key(key, name)
  item <- as_key(item, "item")
  if (!is.numeric(right) && !is.logical(right)) invalid("right must hold 0 and 1.")
  if (length(key) != length(item) || length(item) != length(right)) {
    invalid(sprintf("%s, item and right must be of one length; they are %d, %d and %d.", name, length(key),
                    length(item), length(right)))
  }
  built <- .Call(C_answers_of, key, item, right, n_keys, n_items, once, threads)
  check_problems(as.list(built$problems), name, n_keys, n_items)
  built
}

check_problems <- function(found, name, n_keys, n_items) {
  rows <- function(what, count, first) {
    if (count > 0) sprintf("%s: %.0f rows, the first is row %.0f", what, count, first)
  }
  wrong <- c(
    rows(sprintf("%s is not from 1 to %d", name, n_keys), found$key, found$first_key),
    rows(sprintf("item is not from 1 to %d", n_items), found$item, found$first_item),
    rows("right is neither 0 nor 1", found$right, found$first_right)
  )
  if (found$repeated > 0) {
    again <- "%.0f answers repeat an earlier one of the same learner and item, the first of %s %.0f"
    wrong <- c(wrong, sprintf(again, found$repeated, name, found$first_repeated))
  }
  if (length(wrong)) {
    stop_as("invalid_input", paste0("Answers cannot be used. ", paste(wrong, collapse = "; "), "."), found)
  }
}
