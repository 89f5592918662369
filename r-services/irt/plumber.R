# r-irt-plumber: its endpoints. The fits are plain functions in the files beside this one.

fitservice::service(
  name = "r-irt-plumber",
  version = "0.2.0",
  endpoints = list(
    fitservice::endpoint(
      "/irt/calibrate", fit_irt,
      tables = list(observations = irt_observations_prototype(), anchors = irt_items_prototype()),
      parameters = irt_calibrate_parameters(), check = check_irt_tables
    ),
    fitservice::endpoint(
      "/irt/score", score_irt,
      tables = list(item_params = irt_items_prototype(required = TRUE),
                    observations = irt_observations_prototype()),
      parameters = irt_score_parameters(), check = check_irt_tables
    )
  ),
  self_test = self_test
)
