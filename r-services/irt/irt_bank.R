# The bank: what is known of the items, from one run to the next.

LARGEST_SE_B <- 0.30
LARGEST_RELATIVE_SE_A <- 0.35

BANK_NUMBERS <- c("a", "b", "c", "se_a", "se_b", "se_c", "cov_ab")

# Parameters from `params` objects where the columns a, b, c are not there.
item_parameters <- function(items) {
  if (is.null(items$params)) return(items)
  given <- lapply(items$params, function(text) if (is.na(text)) list() else jsonlite::parse_json(text))
  for (name in c("a", "b", "c")) {
    if (!is.null(items[[name]])) next
    value <- lapply(given, function(one) one[[name]])
    items[[name]] <- vapply(value, function(x) if (is.numeric(x)) as.double(x) else NA_real_, 0)
  }
  items
}

check_items <- function(items, table) {
  items <- item_parameters(items)
  value <- function(name, default) {
    if (is.null(items[[name]])) rep(default, nrow(items)) else items[[name]]
  }
  a <- value("a", NA_real_)
  c <- value("c", 0)
  wrong <- function(problems, column, rows, reason) {
    fitservice::add_problem(problems, table, column, which(rows), reason)
  }
  wrong(NULL, "a", is.na(a) | a <= 0, "a number above 0 is needed, in `a` or in params") |>
    wrong("b", is.na(value("b", NA_real_)), "a number is needed, in `b` or in params") |>
    wrong("c", !is.na(c) & (c < 0 | c >= 1), "must be from 0 to below 1")
}

# The current bank, one row per item, by item id; NULL when there is none. `fixed` may hold the scale; where
# no item says so, the bank is linked to by all its items.
read_bank <- function(items) {
  if (is.null(items) || nrow(items) == 0L) return(NULL)
  items <- item_parameters(items)
  n <- nrow(items)
  numbers <- lapply(stats::setNames(nm = BANK_NUMBERS), function(name) {
    if (is.null(items[[name]])) rep(NA_real_, n) else as.double(items[[name]])
  })
  numbers$c[is.na(numbers$c)] <- 0
  or <- function(name, default) if (is.null(items[[name]])) rep(default, n) else items[[name]]
  bank <- data.frame(
    item_id = items$item_id, numbers, n_responses = or("n_responses", NA_integer_),
    item_fit = or("item_fit", NA_character_), status = or("status", "operational"),
    model = or("model", NA_character_), version = or("version", NA_character_), fixed = or("fixed", FALSE),
    is_preferred = or("is_preferred", FALSE), was_flagged = or("was_flagged", FALSE)
  )
  bank[order(bank$item_id, method = "radix"), ]
}

# Whether parameters are known well enough to serve.
item_status <- function(items) {
  # the Rasch model has no se_a
  sharp <- is.na(items$se_a) | items$se_a / items$a <= LARGEST_RELATIVE_SE_A
  ifelse(!is.na(items$se_b) & items$se_b <= LARGEST_SE_B & sharp, "operational", "provisional")
}

# The bank after this run. An operational item keeps its parameters until it drifts persistently; a
# provisional one takes the new estimate when that is the surer one. `estimates`: item_id, BANK_NUMBERS,
# n_responses, model. `drifted`: ids. The rest stays as it was, whether or not it was answered.
renewed_bank <- function(bank, estimates, drifted) {
  estimates$status <- item_status(estimates)
  estimates$item_fit <- NA_character_
  columns <- c("item_id", BANK_NUMBERS, "n_responses", "item_fit", "status", "model")
  if (is.null(bank)) return(cbind(estimates[columns], is_new = TRUE))
  known <- match(estimates$item_id, bank$item_id)
  surer <- is.na(bank$se_b[known]) | (!is.na(estimates$se_b) & estimates$se_b < bank$se_b[known])
  taken <- is.na(known) | estimates$item_id %in% drifted | (bank$status[known] == "provisional" & surer)
  kept <- bank[!bank$item_id %in% estimates$item_id[taken], columns]
  renewed <- rbind(cbind(kept, is_new = rep(FALSE, nrow(kept))),
                   cbind(estimates[taken, columns], is_new = rep(TRUE, sum(taken))))
  renewed[order(renewed$item_id, method = "radix"), ]
}

# A bank that did not change keeps its name; another is named by its day and content.
bank_version <- function(renewed, bank, as_of) {
  if (!is.null(bank) && !any(renewed$is_new) && !is.na(bank$version[1L])) return(bank$version[1L])
  content <- do.call(paste, c(unname(as.list(renewed[c("item_id", "a", "b", "c")])), sep = "\r"))
  hash <- substr(digest::digest(content, "sha256"), 1L, 8L)
  paste(c("bank", if (!is.null(as_of)) format(as_of, "%Y%m%d"), hash), collapse = "-")
}
