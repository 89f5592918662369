// Every learner's own posterior over many weighted sets of hyperparameters, and how far scores lie from the model.
#ifndef GROWTHCURVE_LEARNERS_H
#define GROWTHCURVE_LEARNERS_H

#include "scores.h"

namespace growthcurve {

struct Draws {
  const double *points, *weights;  // n x 6 as for evaluate(); weights add up to 1
  int64_t n;
};

// One number per learner. theta is the learner's line at `at`, or at `week` weeks.
struct Forecast {
  double *probability, *mean, *sd, *lower, *upper, *slope_mean, *slope_sd;
};

// at, target: by learner. The interval leaves `tail` out on each side; z_tail is the standard normal's quantile there.
void forecast(const Scores& scores, const Draws& draws, const double* at, const double* target, double tail,
              double z_tail, int threads, const Forecast& out);

// At one point: by row, the score's residual given the learner's other scores, in its standard deviations; by learner,
// that of the precision-weighted mean score from the population's line. Both N(0, 1) under the model.
void residuals(const Scores& scores, const double* point, int threads, double* by_row, double* by_learner);

}  // namespace growthcurve
#endif
