// Evenly spaced nodes with normal weights. On them sums are as exact as any quadrature as long as their spacing is at
// most 1.2 times the sd of what is integrated.
#ifndef SPARSEIRT_NODES_H
#define SPARSEIRT_NODES_H

#include <cmath>

#include <numerics/array.h>

#include "kernels.h"

namespace sparseirt {

using namespace numerics;

constexpr double RANGE = 6.0;  // standard deviations on each side; [-5, 5] would move extreme abilities by 0.002

// Enough nodes for rows of about `length` answers, whose posterior sd is about 1 / sqrt(1 + 0.2 length).
inline int nodes_for(double length) {
  const double needed = 2.0 * RANGE * std::sqrt(1.0 + 0.2 * length) / 1.2;
  return needed <= 48.0 ? 48 : needed <= 64.0 ? 64 : needed <= 128.0 ? 128 : 256;
}

class Nodes {
 public:
  // n nodes from `lowest` to `highest`; weights of a normal distribution.
  Nodes(int n, double lowest, double highest, double mean, double sd)
      : n(n), z(n), log_weight(n), node(n), weight(n) {
    double total = 0.0;
    for (int q = 0; q < n; ++q) {
      z[q] = lowest + (highest - lowest) * q / (n - 1);
      log_weight[q] = -0.5 * (z[q] - mean) * (z[q] - mean) / (sd * sd);
      total += std::exp(log_weight[q]);
    }
    for (int q = 0; q < n; ++q) log_weight[q] -= std::log(total), weight[q] = static_cast<float>(log_weight[q]);
    place(0.0, 1.0);
  }
  void place(double mean, double sd) {
    for (int q = 0; q < n; ++q) node[q] = static_cast<float>(mean + sd * z[q]);
  }
  Grid grid() const { return {n, node.get(), weight.get()}; }

  int n;
  Array<double> z, log_weight;
  Array<float> node, weight;
};

}  // namespace sparseirt
#endif
