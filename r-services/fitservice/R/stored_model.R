# Scoring from a stored model: what the caller states about the model, and the gates of the scores.

#' Parameters that identify the run of a stored model and how old it may be. All are optional.
#'
#' @return A named list of `parameter()`s for `endpoint(parameters = )`.
stored_model_parameters <- function() {
  list(
    model_run_id = parameter("character"),
    model_age_days = parameter("integer", min = 0),
    model_max_age_days = parameter("integer", min = 1)
  )
}

#' Gates of a scoring from a stored model: nobody without a probability, and the model not too old.
#'
#' @param probabilities One per row that was sent.
#' @param parameters See stored_model_parameters(); the age is judged only where both numbers are given.
#' @return data.frame(name, value, lower, upper).
stored_model_gates <- function(probabilities, parameters) {
  unscored <- sum(!is.finite(probabilities) | probabilities < 0 | probabilities > 1)
  gates <- data.frame(name = "n_not_scored", value = as.double(unscored), lower = NA_real_, upper = 0)
  if (is.null(parameters$model_age_days) || is.null(parameters$model_max_age_days)) return(gates)
  rbind(gates, data.frame(
    name = "model_age_days", value = as.double(parameters$model_age_days), lower = NA_real_,
    upper = as.double(parameters$model_max_age_days)
  ))
}
