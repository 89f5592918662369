// Marginal log likelihood of the hyperparameters and its gradient, at many points at once.
#ifndef GROWTHCURVE_LIKELIHOOD_H
#define GROWTHCURVE_LIKELIHOOD_H

#include <vector>

#include "scores.h"

namespace growthcurve {

// points: n_points x 6, point by point, on the scales of `Parameter`. loglik: n_points; gradient: n_points x 6, or
// null.
void evaluate(const Scores& scores, const double* points, int64_t n_points, int threads, double* loglik,
              double* gradient);

}  // namespace growthcurve
#endif
