// Entry points for R. R checks the arguments; results are lists of plain vectors.
#include <cmath>

#include <Rcpp.h>

#include "abilities.h"
#include "em.h"
#include "precision.h"
#include "residuals.h"

using namespace sparseirt;

namespace {

Column column_of(SEXP right) {
  if (TYPEOF(right) == REALSXP) return {nullptr, REAL(right)};
  return {TYPEOF(right) == LGLSXP ? LOGICAL(right) : INTEGER(right), nullptr};
}

std::vector<double> numbers(SEXP list, const char* name) {
  return Rcpp::as<std::vector<double>>(Rcpp::List(list)[name]);
}

double number(SEXP list, const char* name) { return Rcpp::as<double>(Rcpp::List(list)[name]); }

State state_of(SEXP list) {
  return {numbers(list, "a"), numbers(list, "d"), numbers(list, "c"), number(list, "mean"), number(list, "sd")};
}

Rcpp::NumericVector problem_counts(const Problems& found) {
  const auto as = [](int64_t x) { return static_cast<double>(x); };
  return Rcpp::NumericVector::create(
      Rcpp::_["key"] = as(found.key), Rcpp::_["item"] = as(found.item), Rcpp::_["right"] = as(found.right),
      Rcpp::_["repeated"] = as(found.repeated), Rcpp::_["first_key"] = as(found.first_key),
      Rcpp::_["first_item"] = as(found.first_item), Rcpp::_["first_right"] = as(found.first_right),
      Rcpp::_["first_repeated"] = as(found.first_repeated));
}

Plan plan_of(SEXP options) {
  const Rcpp::List list(options);
  const Rcpp::NumericVector penalty = list["penalty"];
  const std::vector<int> free = list["free"];
  const std::string scale = list["scale"];
  return {std::vector<uint8_t>(free.begin(), free.end()),
          {penalty["log_a"], penalty["d"], penalty["logit_c"], penalty["log_a_mean"], penalty["logit_c_mean"],
           penalty["log_a_tilt"]},
          Rcpp::as<bool>(list["learns_centre"]),
          scale == "standard" ? Scale::STANDARD : scale == "rasch" ? Scale::RASCH : Scale::ANCHORED,
          list["n_nodes"], list["threads"], list["max_iterations"], list["tolerance"]};
}

}  // namespace

extern "C" {

SEXP answers_of(SEXP key, SEXP item, SEXP right, SEXP n_rows, SEXP n_items, SEXP once, SEXP threads) {
  BEGIN_RCPP
  Rcpp::XPtr<Answers> answers(new Answers(INTEGER(key), INTEGER(item), column_of(right), Rf_xlength(key),
                                          Rf_asInteger(n_rows), Rf_asInteger(n_items), Rf_asInteger(threads)));
  const Problems& found = answers->problems;
  if (Rf_asLogical(once) && found.key + found.item + found.right == 0) answers->find_repeated(Rf_asInteger(threads));
  return Rcpp::List::create(
      Rcpp::_["answers"] = answers, Rcpp::_["problems"] = problem_counts(found),
      Rcpp::_["n_active"] = static_cast<double>(answers->n_active), Rcpp::_["n"] = answers->n_answers,
      Rcpp::_["n_right"] = answers->n_right, Rcpp::_["n_nodes"] = nodes_for(answers->mean_length),
      Rcpp::_["mean_length"] = answers->mean_length);
  END_RCPP
}

SEXP estimate(SEXP answers, SEXP start, SEXP options, SEXP progress) {
  BEGIN_RCPP
  Em em(*Rcpp::XPtr<Answers>(answers), plan_of(options), state_of(start));
  em.run([&](int iteration, double change, double loglik) {
    Rcpp::checkUserInterrupt();
    if (Rf_isNull(progress)) return;
    const Rcpp::Function report(progress);
    report(iteration, change, loglik);
  });
  return Rcpp::List::create(
      Rcpp::_["a"] = em.state.a, Rcpp::_["d"] = em.state.d, Rcpp::_["c"] = em.state.c,
      Rcpp::_["mean"] = em.state.mean, Rcpp::_["sd"] = em.state.sd, Rcpp::_["iterations"] = em.iterations,
      Rcpp::_["rejected"] = em.rejected, Rcpp::_["converged"] = em.converged, Rcpp::_["change"] = em.change,
      Rcpp::_["centre"] = em.centre(), Rcpp::_["never_fell"] = em.never_fell, Rcpp::_["objective"] = em.objective, Rcpp::_["loglik"] = em.loglik);
  END_RCPP
}

SEXP exact_loglik_of(SEXP answers, SEXP state, SEXP n_nodes, SEXP threads) {
  BEGIN_RCPP
  return Rcpp::wrap(exact_loglik(*Rcpp::XPtr<Answers>(answers), state_of(state), Rf_asInteger(n_nodes),
                                 Rf_asInteger(threads)));
  END_RCPP
}

SEXP cross_products_of(SEXP answers, SEXP state, SEXP n_nodes, SEXP guessing, SEXP stride, SEXP full, SEXP threads) {
  BEGIN_RCPP
  const Rcpp::XPtr<Answers> x(answers);
  const CrossProducts sums = cross_products(*x, state_of(state), Rf_asInteger(n_nodes), Rf_asLogical(guessing),
                                            Rf_asInteger(stride), Rf_asLogical(full), Rf_asInteger(threads));
  const Rcpp::NumericMatrix by_item(6, x->n_items, sums.by_item.begin());
  const int size = static_cast<int>(std::lround(std::sqrt(static_cast<double>(sums.full.size()))));
  return Rcpp::List::create(Rcpp::_["by_item"] = by_item,
                            Rcpp::_["full"] = Rcpp::NumericMatrix(size, size, sums.full.begin()));
  END_RCPP
}

// Expected wrong and right answers, items in columns; posterior weights of the nodes.
SEXP expected_answers_of(SEXP answers, SEXP state, SEXP n_nodes, SEXP threads) {
  BEGIN_RCPP
  const Rcpp::XPtr<Answers> x(answers);
  State items = state_of(state);
  const int n = Rf_asInteger(n_nodes);
  const Nodes nodes(n, -RANGE, RANGE, 0.0, 1.0);
  const double mean = items.mean, sd = items.sd;
  Em em(*x, {{}, {}, false, Scale::STANDARD, n, Rf_asInteger(threads), 1, 0.0}, std::move(items), false);
  const Expected expected = em.expect();
  const Array<float>& sums = em.sum_counts();
  Rcpp::NumericMatrix wrong(n, x->n_items), right(n, x->n_items);
  for (int j = 0; j < x->n_items; ++j) {
    const float* of_item = sums.get() + static_cast<size_t>(2 * j) * n;
    for (int q = 0; q < n; ++q) wrong(q, j) = of_item[q], right(q, j) = of_item[n + q];
  }
  Rcpp::NumericVector node(n);
  for (int q = 0; q < n; ++q) node[q] = mean + sd * nodes.z[q];
  return Rcpp::List::create(Rcpp::_["wrong"] = wrong, Rcpp::_["right"] = right, Rcpp::_["node"] = node,
                            Rcpp::_["weight"] = expected.node_total);
  END_RCPP
}

SEXP ability_tables_of(SEXP items, SEXP threads) {
  BEGIN_RCPP
  const State state = state_of(items);
  return Rcpp::XPtr<AbilityTables>(new AbilityTables(state, state.mean, state.sd, Rf_asInteger(threads)));
  END_RCPP
}

SEXP abilities_of(SEXP tables, SEXP answers, SEXP threads) {
  BEGIN_RCPP
  const Rcpp::XPtr<Answers> x(answers);
  const auto unknown = [&] { return Rcpp::NumericVector(x->n_rows, NA_REAL); };
  Rcpp::NumericVector eap = unknown(), eap_se = unknown(), wle = unknown(), wle_se = unknown();
  Rcpp::IntegerVector n(x->n_rows);
  for (int i = 0; i < x->n_rows; ++i) n[i] = static_cast<int>(x->start[i + 1] - x->start[i]);
  Rcpp::XPtr<AbilityTables>(tables)->score(*x, Rf_asInteger(threads), eap.begin(), eap_se.begin(), wle.begin(),
                                           wle_se.begin());
  return Rcpp::List::create(Rcpp::_["n"] = n, Rcpp::_["theta_eap"] = eap, Rcpp::_["se_eap"] = eap_se,
                            Rcpp::_["theta_wle"] = wle, Rcpp::_["se_wle"] = wle_se);
  END_RCPP
}

SEXP residual_correlations_of(SEXP answers, SEXP items, SEXP theta, SEXP chosen, SEXP stride, SEXP fewest) {
  BEGIN_RCPP
  const Pairs pairs = residual_correlations(*Rcpp::XPtr<Answers>(answers), state_of(items), REAL(theta),
                                            Rcpp::as<std::vector<int>>(chosen), Rf_asInteger(stride),
                                            Rf_asInteger(fewest));
  return Rcpp::List::create(Rcpp::_["first"] = pairs.first, Rcpp::_["second"] = pairs.second, Rcpp::_["n"] = pairs.n,
                            Rcpp::_["q3"] = pairs.correlation);
  END_RCPP
}

static const R_CallMethodDef CALLS[] = {
    {"answers_of", (DL_FUNC)&answers_of, 7},
    {"estimate", (DL_FUNC)&estimate, 4},
    {"exact_loglik_of", (DL_FUNC)&exact_loglik_of, 4},
    {"cross_products_of", (DL_FUNC)&cross_products_of, 7},
    {"expected_answers_of", (DL_FUNC)&expected_answers_of, 4},
    {"ability_tables_of", (DL_FUNC)&ability_tables_of, 2},
    {"abilities_of", (DL_FUNC)&abilities_of, 3},
    {"residual_correlations_of", (DL_FUNC)&residual_correlations_of, 6},
    {nullptr, nullptr, 0}};

void R_init_sparseirt(DllInfo* dll) {
  R_registerRoutines(dll, nullptr, CALLS, nullptr, nullptr);
  R_useDynamicSymbols(dll, FALSE);
}

}  // extern "C"
