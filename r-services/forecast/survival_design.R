# From covariate columns to the design matrix: constant columns leave with a notice, a missing value
# gets the mean plus an indicator `<name>_missing`, exact combinations of other columns leave with a notice.

# Which terms the fit has. `rows`: gaps. Returns list(covariates, terms, notices):
#   covariates data.frame(name, impute, indicator); terms data.frame(term, covariate, kind, mean),
#   kind "value" or "missing", mean over the gaps (the "average gap").
design_plan <- function(rows) {
  rules <- lapply(covariate_names(rows), function(name) covariate_rule(name, rows[[name]]))
  covariates <- do.call(rbind, rules)
  if (is.null(covariates)) return(list(terms = NULL, notices = "There is no covariate column."))
  used <- covariates[covariates$varies | covariates$indicator, ]
  terms <- rbind(
    data.frame(term = used$name[used$varies], covariate = used$name[used$varies],
               kind = rep("value", sum(used$varies))),
    data.frame(term = paste0(used$name[used$indicator], rep("_missing", sum(used$indicator))),
               covariate = used$name[used$indicator], kind = rep("missing", sum(used$indicator)))
  )
  plan <- list(covariates = used[c("name", "impute", "indicator")], terms = terms)
  plan$terms$mean <- column_means(plan, rows)
  kept <- independent_terms(plan, rows)
  notices <- c(
    term_notice(covariates$name[!covariates$varies], "constant or empty and left out"),
    term_notice(terms$term[!kept], "an exact combination of other columns and left out")
  )
  plan$terms <- plan$terms[kept, , drop = FALSE]
  c(plan, list(notices = notices))
}

# In a fixed order, whatever the order of the columns in the request.
covariate_names <- function(rows) {
  other <- setdiff(names(rows), c(SURVIVAL_STRUCTURE, SURVIVAL_COVARIATES))
  c(intersect(SURVIVAL_COVARIATES, names(rows)), sort(other, method = "radix"))
}

covariate_rule <- function(name, x) {
  known <- x[!is.na(x)]
  some_missing <- length(known) < length(x) && length(known) > 0L
  data.frame(name = name, impute = if (length(known)) mean(known) else 0, indicator = some_missing,
             varies = length(known) > 0L && max(known) > min(known))
}

term_notice <- function(terms, what) if (length(terms)) paste0("covariate ", terms, " is ", what, ".")

# One column per term, not centred. Missing values of a column without an indicator get the mean only.
raw_design <- function(plan, data) {
  columns <- lapply(seq_len(nrow(plan$terms)), function(i) {
    x <- data[[plan$terms$covariate[i]]]
    if (plan$terms$kind[i] == "missing") return(as.double(is.na(x)))
    x[is.na(x)] <- plan$covariates$impute[match(plan$terms$covariate[i], plan$covariates$name)]
    as.double(x)
  })
  matrix(unlist(columns), nrow(data), nrow(plan$terms), dimnames = list(NULL, plan$terms$term))
}

centred_design <- function(plan, data) sweep(raw_design(plan, data), 2L, plan$terms$mean)

column_means <- function(plan, rows) {
  sums <- lapply(row_blocks(nrow(rows)), function(i) colSums(raw_design(plan, rows[i, ])))
  unname(Reduce(`+`, sums)) / nrow(rows)
}

# TRUE for terms that are not a linear combination of earlier ones: what the earlier ones leave of a column's
# variance (Gaussian elimination on the correlations, so the rows are passed once) is more than rounding.
independent_terms <- function(plan, rows) {
  if (nrow(plan$terms) == 0L) return(logical())
  gram <- Reduce(`+`, lapply(row_blocks(nrow(rows)), function(i) crossprod(centred_design(plan, rows[i, ]))))
  size <- sqrt(diag(gram))
  left <- gram / outer(size, size)
  kept <- logical(length(size))
  for (j in seq_along(kept)) {
    kept[j] <- isTRUE(left[j, j] > 1e-9)
    if (kept[j]) left <- left - outer(left[, j], left[j, ]) / left[j, j]
  }
  kept
}
