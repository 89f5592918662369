#ifndef SPARSEIRT_ABILITIES_H
#define SPARSEIRT_ABILITIES_H

#include <vector>

#include "answers.h"
#include "em.h"

namespace sparseirt {

constexpr double ABILITY_RANGE = 8.0;  // the range in which WLE are searched and EAP summed

// Tables of items that serve any number of groupings.
class AbilityTables {
 public:
  AbilityTables(State items, double mean, double sd, int threads);
  // EAP, its sd, WLE and its SE for each row of `answers`, in this order, n_rows each; rows without answers stay NaN.
  void score(const Answers& answers, int threads, double* eap, double* eap_se, double* wle, double* wle_se);

 private:
  State items;
  double mean, sd;
  bool linear;
  Nodes nodes;
  Array<float> table, slope, information, skew;
};

}  // namespace sparseirt
#endif
