# r-brms-plumber: what it offers. The fits are plain functions in the files beside this one.

fitservice::service(
  name = "r-brms-plumber",
  version = "0.1.0",
  endpoints = list(
    fitservice::endpoint(
      "/growth/fit", fit_growth,
      tables = growth_tables(), parameters = growth_fit_parameters(), check = check_growth_tables
    ),
    fitservice::endpoint(
      "/growth/predict", predict_growth,
      tables = growth_tables(), parameters = growth_predict_parameters(), check = check_predict_tables
    )
  ),
  self_test = self_test,
  facts = list(stan_version = stan_version())
)
