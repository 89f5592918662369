# r-forecast-plumber: what it offers. The fits are plain functions in the files beside this one.

fitservice::service(
  name = "r-forecast-plumber",
  version = "0.1.0",
  endpoints = list(
    fitservice::endpoint(
      "/survival/fit", fit_survival,
      tables = list(rows = survival_rows_prototype(), at_risk = survival_at_risk_prototype(),
                    closed_days = survival_closed_days_prototype()),
      parameters = survival_fit_parameters(), check = check_survival_tables
    ),
    fitservice::endpoint(
      "/survival/predict", predict_survival,
      tables = list(rows = survival_at_risk_prototype(required = TRUE),
                    closed_days = survival_closed_days_prototype()),
      parameters = survival_predict_parameters(), check = check_calendar
    ),
    fitservice::endpoint(
      "/prophet/fit", fit_forecast,
      tables = list(series = forecast_series_prototype(), rows = forecast_rows_prototype()),
      parameters = forecast_parameters(), check = check_forecast_tables
    ),
    fitservice::endpoint(
      "/prophet/predict", predict_forecast,
      tables = list(series = forecast_series_prototype(), rows = forecast_rows_prototype()),
      parameters = forecast_predict_parameters(), check = check_predict_tables
    )
  ),
  self_test = self_test
)
