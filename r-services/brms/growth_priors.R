# Priors by name and number. The text is taken apart by one strict pattern into numbers; it is never
# evaluated.

GROWTH_PRIORS <- list(
  Intercept = "normal(0, 1)", week = "normal(0, 0.5)", sd_Intercept = "cauchy(0, 1)",
  sd_week = "cauchy(0, 1)", cor = "lkj(1)", sigma = "cauchy(0, 1)", nu = "gamma(2, 0.1)"
)

# Which distributions each parameter may have. Those of sds and sigma are cut off at 0.
LOCATION_PRIORS <- c("normal", "student_t", "cauchy")
SCALE_PRIORS <- c(LOCATION_PRIORS, "exponential")
PRIOR_CHOICES <- list(
  Intercept = LOCATION_PRIORS, week = LOCATION_PRIORS, sd_Intercept = SCALE_PRIORS, sd_week = SCALE_PRIORS,
  cor = "lkj", sigma = SCALE_PRIORS, nu = "gamma"
)

PRIOR_ARGUMENTS <- c(normal = 2L, student_t = 3L, cauchy = 2L, exponential = 1L, lkj = 1L, gamma = 2L)
# Those before the last may be any number where they are a location; all else must be above 0.
PRIOR_LOCATION <- c(normal = 1L, student_t = 2L, cauchy = 1L, exponential = 0L, lkj = 0L, gamma = 0L)

NUMBER_PATTERN <- "-?[0-9.]+(?:[eE][-+]?[0-9]+)?"
NUMBER_PATTERN <- "-?[0-9.]+(?:[eE][-+]?[0-9]+)?"
PRIOR_PATTERN <- gsub("NUMBER", NUMBER_PATTERN, "^([a-z_]+) ?\\( ?(NUMBER(?: ?, ?NUMBER)*) ?\\)$",
                      fixed = TRUE)

# list(distribution, numbers), or a text that says what is wrong.
parse_prior <- function(text, name) {
  allowed <- PRIOR_CHOICES[[name]]
  wanted <- sprintf("%s: must be one of %s with numbers, such as \"%s\"", name,
                    paste(allowed, collapse = ", "),
                    GROWTH_PRIORS[[name]])
  if (!is.character(text) || length(text) != 1L || nchar(text) > 100L) return(wanted)
  parts <- regmatches(text, regexec(PRIOR_PATTERN, text, perl = TRUE))[[1L]]
  if (length(parts) == 0L || !parts[2L] %in% allowed) return(wanted)
  numbers <- suppressWarnings(as.numeric(strsplit(parts[3L], ",", fixed = TRUE)[[1L]]))
  if (length(numbers) != PRIOR_ARGUMENTS[[parts[2L]]] || !all(is.finite(numbers))) return(wanted)
  positive <- setdiff(seq_along(numbers), PRIOR_LOCATION[[parts[2L]]])
  if (any(numbers[positive] <= 0)) return(sprintf("%s: a scale, rate or shape must be above 0", name))
  list(distribution = parts[2L], numbers = numbers)
}

# Named list of parsed priors, defaults where none is given. `sd` stands for both sds.
growth_priors <- function(given) {
  texts <- prior_texts(given)
  lapply(stats::setNames(nm = names(GROWTH_PRIORS)), function(name) parse_prior(texts[[name]], name))
}

prior_texts <- function(given) {
  given <- as.list(given)
  if (!is.null(given$sd)) given <- utils::modifyList(list(sd_Intercept = given$sd, sd_week = given$sd), given)
  utils::modifyList(GROWTH_PRIORS, given[intersect(names(given), names(GROWTH_PRIORS))])
}

# Texts of what is wrong with the priors given; NULL if nothing.
prior_problems <- function(given) {
  if (length(given) == 0L) return(NULL)
  if (is.null(names(given))) return("must be an object of prior by parameter")
  unknown <- setdiff(names(given), c(names(GROWTH_PRIORS), "sd"))
  known <- paste(c(names(GROWTH_PRIORS), "sd"), collapse = ", ")
  wrong <- Filter(is.character, growth_priors(given))
  c(sprintf("%s: there is no such prior; there is %s", unknown, known), unlist(wrong, use.names = FALSE))
}

# Kind 1: normal, 2: Student's t (Cauchy's has one degree of freedom), 3: exponential; as the Stan programs
# have it.
prior_numbers <- function(prior) {
  x <- prior$numbers
  switch(prior$distribution,
         normal = list(kind = 1L, df = 1, location = x[1L], scale = x[2L]),
         student_t = list(kind = 2L, df = x[1L], location = x[2L], scale = x[3L]),
         cauchy = list(kind = 2L, df = 1, location = x[1L], scale = x[2L]),
         exponential = list(kind = 3L, df = 1, location = 0, scale = 1 / x[1L]))
}

# Log density, up to a constant, and its derivative.
prior_log_density <- function(prior, x) {
  p <- prior_numbers(prior)
  z <- (x - p$location) / p$scale
  switch(p$kind, -z^2 / 2, -(p$df + 1) / 2 * log1p(z^2 / p$df), -z)
}

prior_slope <- function(prior, x) {
  p <- prior_numbers(prior)
  z <- (x - p$location) / p$scale
  switch(p$kind, -z, -(p$df + 1) * z / (p$df + z^2), rep(-1, length(x))) / p$scale
}
