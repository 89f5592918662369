#include "scores.h"

namespace growthcurve {

namespace {

// The least-squares line of rows [from, to); leaves centred weeks and residuals in the rows.
Learner line_of(int64_t from, int64_t to, const double* week_in, const double* score, Scores& scores) {
  Learner one{from, to, 0, 0, 0, static_cast<double>(to - from), 0, 0};
  if (from == to) return one;
  for (int64_t k = from; k < to; ++k) one.centre += week_in[k] / one.n, one.level += score[k] / one.n;
  double product = 0;
  for (int64_t k = from; k < to; ++k) {
    const double x = week_in[k] - one.centre;
    scores.week[k] = x;
    one.spread += x * x;
    product += x * (score[k] - one.level);
  }
  if (one.spread > 0) one.slope = product / one.spread;
  for (int64_t k = from; k < to; ++k) {
    scores.residual[k] = (score[k] - one.level) - one.slope * scores.week[k];
    one.rss += scores.residual[k] * scores.residual[k];
  }
  return one;
}

}  // namespace

Scores::Scores(const double* week_in, const double* score, const double* se, const int* start, int n_learners)
    : learners(n_learners), week(start[n_learners]), residual(start[n_learners]), error(start[n_learners]),
      equal_errors(true), common_error(0) {
  for (int i = 0; i < n_learners; ++i) learners[i] = line_of(start[i], start[i + 1], week_in, score, *this);
  for (std::size_t k = 0; k < error.size(); ++k) {
    error[k] = se ? se[k] * se[k] : 0.0;
    if (error[k] != error[0]) equal_errors = false;
  }
  if (equal_errors && !error.empty()) common_error = error[0];
}

}  // namespace growthcurve
