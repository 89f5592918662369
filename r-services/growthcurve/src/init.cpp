// Entry points for R. R checks the arguments.
#include <Rcpp.h>

#include "learners.h"
#include "likelihood.h"

using namespace growthcurve;

namespace {

double* doubles_or_null(SEXP x) { return Rf_isNull(x) ? nullptr : REAL(x); }

}  // namespace

extern "C" {

SEXP scores_of(SEXP week, SEXP score, SEXP se, SEXP start) {
  BEGIN_RCPP
  return Rcpp::XPtr<Scores>(new Scores(REAL(week), REAL(score), doubles_or_null(se), INTEGER(start),
                                       static_cast<int>(Rf_xlength(start)) - 1));
  END_RCPP
}

SEXP loglik_of(SEXP scores, SEXP points, SEXP with_gradient, SEXP threads) {
  BEGIN_RCPP
  const int n = Rf_ncols(points);
  Rcpp::NumericVector loglik(n);
  Rcpp::NumericMatrix gradient(6, Rf_asLogical(with_gradient) ? n : 0);
  evaluate(*Rcpp::XPtr<Scores>(scores), REAL(points), n, Rf_asInteger(threads), loglik.begin(),
           Rf_asLogical(with_gradient) ? gradient.begin() : nullptr);
  return Rcpp::List::create(Rcpp::_["loglik"] = loglik, Rcpp::_["gradient"] = gradient);
  END_RCPP
}

SEXP forecast_of(SEXP scores, SEXP points, SEXP weights, SEXP at, SEXP target, SEXP tail, SEXP threads) {
  BEGIN_RCPP
  const R_xlen_t n = Rf_xlength(at);
  Rcpp::NumericVector p(n), mean(n), sd(n), lower(n), upper(n), slope_mean(n), slope_sd(n);
  const Forecast out{p.begin(), mean.begin(), sd.begin(), lower.begin(), upper.begin(), slope_mean.begin(),
                     slope_sd.begin()};
  const Draws draws{REAL(points), REAL(weights), Rf_xlength(weights)};
  const double share = Rf_asReal(tail);
  forecast(*Rcpp::XPtr<Scores>(scores), draws, REAL(at), REAL(target), share, R::qnorm(share, 0.0, 1.0, 1, 0),
           Rf_asInteger(threads), out);
  return Rcpp::List::create(Rcpp::_["probability"] = p, Rcpp::_["mean"] = mean, Rcpp::_["sd"] = sd,
                            Rcpp::_["lower"] = lower, Rcpp::_["upper"] = upper, Rcpp::_["slope_mean"] = slope_mean,
                            Rcpp::_["slope_sd"] = slope_sd);
  END_RCPP
}

SEXP residuals_of(SEXP scores, SEXP point, SEXP threads) {
  BEGIN_RCPP
  const Rcpp::XPtr<Scores> x(scores);
  Rcpp::NumericVector by_row(x->week.size()), by_learner(x->learners.size());
  residuals(*x, REAL(point), Rf_asInteger(threads), by_row.begin(), by_learner.begin());
  return Rcpp::List::create(Rcpp::_["by_row"] = by_row, Rcpp::_["by_learner"] = by_learner);
  END_RCPP
}

static const R_CallMethodDef CALLS[] = {{"scores_of", (DL_FUNC)&scores_of, 4},
                                        {"loglik_of", (DL_FUNC)&loglik_of, 4},
                                        {"forecast_of", (DL_FUNC)&forecast_of, 7},
                                        {"residuals_of", (DL_FUNC)&residuals_of, 3},
                                        {nullptr, nullptr, 0}};

void R_init_growthcurve(DllInfo* dll) {
  R_registerRoutines(dll, nullptr, CALLS, nullptr, nullptr);
  R_useDynamicSymbols(dll, FALSE);
}

}  // extern "C"
