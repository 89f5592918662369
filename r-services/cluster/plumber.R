# r-cluster-plumber: its endpoints. The fits are plain functions in the files beside this one.

fitservice::service(
  name = "r-cluster-plumber",
  version = "0.1.0",
  endpoints = list(
    fitservice::endpoint(
      "/cluster/fit", fit_segments,
      tables = c(segments_feature_tables(), list(previous = segments_previous_prototype())),
      parameters = segments_fit_parameters(), check = check_segments_tables
    ),
    fitservice::endpoint(
      "/cluster/predict", predict_segments,
      tables = segments_feature_tables(), parameters = segments_predict_parameters(), check = check_one_table
    )
  ),
  self_test = self_test
)
