#include "mixture.h"

#include <algorithm>
#include <cmath>

namespace growthcurve {

namespace {

constexpr double ROOT_HALF = 0.70710678118654752440, DENSITY_AT_0 = 0.39894228040143267794;
constexpr double TINY = 1e-300;  // an sd of 0 makes a step: no division by it

struct Height { double share, density; };

Height height_at(const Components& mixture, double x) {
  Height sum{0, 0};
  for (std::size_t k = 0; k < mixture.mean.size(); ++k) {
    const double sd = std::max(mixture.sd[k], TINY), z = (x - mixture.mean[k]) / sd;
    sum.share += mixture.weight[k] * 0.5 * std::erfc(-z * ROOT_HALF);
    sum.density += mixture.weight[k] * DENSITY_AT_0 * std::exp(-0.5 * z * z) / sd;
  }
  return sum;
}

}  // namespace

Moments moments_of(const Components& mixture) {
  double mean = 0, variance = 0;
  for (std::size_t k = 0; k < mixture.mean.size(); ++k) mean += mixture.weight[k] * mixture.mean[k];
  for (std::size_t k = 0; k < mixture.mean.size(); ++k) {
    const double off = mixture.mean[k] - mean;
    variance += mixture.weight[k] * (off * off + mixture.sd[k] * mixture.sd[k]);
  }
  return {mean, std::sqrt(variance)};
}

double share_below(const Components& mixture, double x) {
  double share = 0;
  for (std::size_t k = 0; k < mixture.mean.size(); ++k) {
    const double z = (x - mixture.mean[k]) / std::max(mixture.sd[k], TINY);
    share += mixture.weight[k] * 0.5 * std::erfc(-z * ROOT_HALF);
  }
  return std::min(share, 1.0);
}

// Newton's steps from the normal's quantile, halved intervals where they would leave the bracket. By Chebyshev's
// inequality the quantile lies within sqrt(1 / tail) standard deviations of the mean.
double quantile_of(const Components& mixture, const Moments& moments, double share) {
  const double tail = std::min(share, 1.0 - share), reach = moments.sd / std::sqrt(tail);
  double low = moments.mean - reach, high = moments.mean + reach;
  // the logistic curve's quantile is near enough to the normal's to start from
  double x = moments.mean + moments.sd * std::log(share / (1.0 - share)) / 1.7;
  for (int step = 0; step < 100 && high - low > 1e-12 * (1e-300 + std::abs(moments.mean) + moments.sd); ++step) {
    const Height at = height_at(mixture, x);
    (at.share < share ? low : high) = x;
    const double next = x - (at.share - share) / at.density;
    const double before = x;
    x = next > low && next < high ? next : 0.5 * (low + high);
    if (std::abs(x - before) <= 1e-8 * moments.sd) break;
  }
  return x;
}

}  // namespace growthcurve
