// Correlations of residuals between pairs of items (Yen's Q3), over the learners who answered both.
#ifndef SPARSEIRT_RESIDUALS_H
#define SPARSEIRT_RESIDUALS_H

#include <vector>

#include "answers.h"
#include "em.h"

namespace sparseirt {

struct Pairs {
  std::vector<int> first, second;  // items from 0
  std::vector<double> n, correlation;
};

// Uses every `stride`-th row; keeps pairs with at least `fewest` of them. Memory: 4 bytes per pair of `chosen` items
// (-1 for items left out, else their place), 48 for each pair kept.
Pairs residual_correlations(const Answers& answers, const State& items, const double* theta,
                            const std::vector<int>& chosen, int64_t stride, int fewest);

}  // namespace sparseirt
#endif
