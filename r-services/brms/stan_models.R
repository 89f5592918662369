# The Stan programs, compiled once at set-up (setup/compile_models.R) and read from disk ever after. A program
# is known by a hash of its code and of what compiled it, so that a model of another version is never taken
# for it.

MODEL_FOLDER <- "growth-models" # beside the R packages of the project's library
BRMS_MODELS <- list(
  gaussian = list(family = "gaussian", formula = "plain"),
  gaussian_errors = list(family = "gaussian", formula = "errors"),
  student = list(family = "student", formula = "plain"),
  student_errors = list(family = "student", formula = "errors")
)
# Names of the priors as data of the programs that brms writes.
PRIOR_FIELDS <- c("kind", "df", "location", "scale")
SCALAR_PRIORS <- c("Intercept", "week", "sd_Intercept", "sd_week", "sigma")

# Stan's version as StanHeaders has it: rstan itself takes a second to load, and health answers need only
# this.
stan_version <- function() {
  header <- system.file("include", "src", "stan", "version.hpp", package = "StanHeaders")
  if (!nzchar(header)) return("not installed")
  lines <- readLines(header)
  part <- function(name) sub(".* ", "", trimws(grep(paste0("define STAN_", name, " "), lines, value = TRUE)))
  paste(vapply(c("MAJOR", "MINOR", "PATCH"), part, ""), collapse = ".")
}

model_folders <- function() file.path(.libPaths(), MODEL_FOLDER)

# The index that set-up leaves: model, file. NULL where set-up did not run.
model_index <- function() {
  index <- file.path(model_folders(), "index.csv")
  index <- index[file.exists(index)]
  if (length(index)) {
    found <- utils::read.csv(index[1L], colClasses = "character")
    found$path <- file.path(dirname(index[1L]), found$file)
    found
  }
}

missing_stan_models <- function() {
  found <- model_index()
  setdiff(c(names(BRMS_MODELS), "marginal"), found$model[file.exists(as.character(found$path))])
}

# Path of the compiled program. Raises SERVER_ERROR if set-up has not compiled this very code: a request never
# compiles.
compiled_model <- function(name, code) {
  found <- model_index()
  path <- found$path[found$file == model_file(name, code)]
  if (length(path) == 0L || !file.exists(path)) {
    fitservice::stop_service("SERVER_ERROR", sprintf(
      "The Stan program '%s' is not compiled here as this version needs it; set-up has to run.", name
    ), list(model = name, compiled = I(as.character(found$model))))
  }
  path
}

model_file <- function(name, code) {
  rstan <- as.character(utils::packageVersion("rstan"))
  made_by <- c(R.version.string, R.version$platform, rstan, stan_version())
  sprintf("%s-%s.rds", name, substr(digest::digest(c(code, made_by), "sha256", serialize = FALSE), 1L, 16L))
}

# What brms receives, and the code that it writes: list(formula, family, prior, stanvars).
brms_terms <- function(name, priors) {
  one <- BRMS_MODELS[[name]]
  field <- function(of) sprintf("any_prior(%s)", paste0(of, "_prior_", PRIOR_FIELDS, collapse = ", "))
  prior <- brms::set_prior(field("Intercept"), class = "Intercept") +
    brms::set_prior(field("week"), class = "b", coef = "week") +
    brms::set_prior(field("sd_Intercept"), class = "sd", group = "student_id", coef = "Intercept") +
    brms::set_prior(field("sd_week"), class = "sd", group = "student_id", coef = "week") +
    brms::set_prior("lkj(cor_prior_eta)", class = "cor") + brms::set_prior(field("sigma"), class = "sigma")
  if (one$family == "student") {
    prior <- prior + brms::set_prior("gamma(nu_prior_shape, nu_prior_rate)", class = "nu")
  }
  list(formula = stats::as.formula(GROWTH_FORMULAS[[one$formula]]), family = one$family, prior = prior,
       stanvars = brms_stanvars(priors, one$family))
}

brms_stanvars <- function(priors, family) {
  numbers <- list(cor_prior_eta = priors$cor$numbers)
  for (name in SCALAR_PRIORS) {
    values <- prior_numbers(priors[[name]])
    numbers[paste0(name, "_prior_", PRIOR_FIELDS)] <- values[PRIOR_FIELDS]
  }
  if (family == "student") numbers[c("nu_prior_shape", "nu_prior_rate")] <- as.list(priors$nu$numbers)
  vars <- brms::stanvar(scode = PRIOR_STAN, block = "functions")
  for (name in names(numbers)) vars <- vars + brms::stanvar(numbers[[name]], name = name)
  vars
}

brms_code <- function(terms, data) {
  brms::make_stancode(terms$formula, data, family = terms$family, prior = terms$prior,
                      stanvars = terms$stanvars)
}

# Three learners of three weeks: enough for brms to write its code, which does not depend on the data.
example_data <- function() {
  data.frame(student_id = rep(1:3, each = 3L), week = rep(-1:1, 3L), score = c(1, 2, 4, 0, 3, 1, 2, 2, 5),
             se = 0.3)
}
