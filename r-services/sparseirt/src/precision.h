// What is computed once, at the final parameters: log-likelihood, information, expected answers.
#ifndef SPARSEIRT_PRECISION_H
#define SPARSEIRT_PRECISION_H

#include <vector>

#include "answers.h"
#include "em.h"

namespace sparseirt {

// Double precision; theta is normal with the state's mean and sd.
double exact_loglik(const Answers& answers, State state, int n_nodes, int threads);

// Cross-products of the learners' scores, by item: aa, ad, dd, ac, dc, cc. Only each `stride`-th of 512 slices of the
// learners is used; the caller scales up.
struct CrossProducts {
  std::vector<double> by_item;  // 6 per item
  std::vector<double> full;     // if asked for: all (a, d[, c]) and the group's (mean, sd), lower triangle by rows
};
CrossProducts cross_products(const Answers& answers, State state, int n_nodes, bool guessing, int stride, bool full,
                             int threads);

}  // namespace sparseirt
#endif
