# Compiles the Stan programs into LIBRARY/growth-models, those that are there already left alone:
#   Rscript --vanilla compile_models.R SERVICE_FOLDER LIBRARY [PROCESSES]

arguments <- commandArgs(TRUE)
service <- arguments[1L]
library_folder <- normalizePath(arguments[2L])
processes <- if (length(arguments) > 2L) as.integer(arguments[3L]) else 2L
.libPaths(c(library_folder, .libPaths()))
for (file in c("prototype.R", "growth_priors.R", "stan_programs.R",
               "stan_models.R")) source(file.path(service, file))
target <- file.path(library_folder, MODEL_FOLDER)
dir.create(target, showWarnings = FALSE)

programs <- function() {
  written <- lapply(stats::setNames(nm = names(BRMS_MODELS)), function(name) {
    brms_code(brms_terms(name, growth_priors(NULL)), example_data())
  })
  c(written, marginal = MARGINAL_STAN)
}

# In a process of its own: a failure of the compiler ends only that process, and is reported.
compile <- function(code, file) {
  # Debian's Boost is where its package puts it
  if (!nzchar(system.file(package = "BH", "include"))) rstan::rstan_options(boost_lib = "/usr/include")
  model <- rstan::stan_model(model_code = code, save_dso = TRUE, auto_write = FALSE)
  part <- paste0(file, ".part")
  saveRDS(model, part)
  file.rename(part, file)
}

# rstan asks this first, by compiling and loading a file in the session's temporary folder, which forked
# processes share: asked once before, the answer is known to all of them.
stopifnot(pkgbuild::has_build_tools(debug = FALSE))
codes <- programs()
files <- mapply(model_file, names(codes), codes)
wanted <- names(codes)[!file.exists(file.path(target, files))]
started <- parallel::mclapply(wanted, function(name) compile(codes[[name]], file.path(target, files[[name]])),
                              mc.cores = processes, mc.preschedule = FALSE)
failed <- vapply(started, function(one) !isTRUE(one), NA)
if (any(failed)) stop("not compiled: ", paste(wanted[failed], unlist(started[failed]), collapse = "; "))
utils::write.csv(data.frame(model = names(files), file = unname(files)), file.path(target, "index.csv"),
                 row.names = FALSE)
stale <- setdiff(list.files(target, pattern = "[.](rds|part)$"), files)
unlink(file.path(target, stale))
