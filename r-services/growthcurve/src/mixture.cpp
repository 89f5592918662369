#include "mixture.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "normal.h"

namespace growthcurve {

namespace {

ALWAYS_INLINE Doubles load(const double* from) {
  Doubles x;
  std::memcpy(&x, from, sizeof x);
  return x;
}

constexpr double TINY = 1e-300;  // an sd of 0 makes a step: no division by it

}  // namespace

struct Height { double share, density; };

FOR_EACH_PROCESSOR Height height_at(const Components& mixture, double x) {
  Doubles share = splat(0.0), density = splat(0.0);
  for (std::size_t k = 0; k < mixture.mean.size(); k += LANES) {
    const Doubles weight = load(&mixture.weight[k]), precision = 1.0 / larger(load(&mixture.sd[k]), splat(TINY));
    const Normal at = normal_at((x - load(&mixture.mean[k])) * precision);
    share += weight * at.share, density += weight * precision * at.density;
  }
  return {std::min(sum_of(share), 1.0), sum_of(density)};
}

FOR_EACH_PROCESSOR Moments moments_of(const Components& mixture) {
  Doubles first = splat(0.0), second = splat(0.0);
  for (std::size_t k = 0; k < mixture.mean.size(); k += LANES) {
    first += load(&mixture.weight[k]) * load(&mixture.mean[k]);
  }
  const double mean = sum_of(first);
  for (std::size_t k = 0; k < mixture.mean.size(); k += LANES) {
    const Doubles off = load(&mixture.mean[k]) - mean, sd = load(&mixture.sd[k]);
    second += load(&mixture.weight[k]) * (off * off + sd * sd);
  }
  return {mean, std::sqrt(sum_of(second))};
}

double share_below(const Components& mixture, double x) { return height_at(mixture, x).share; }

// Newton's steps from the quantile of the normal with the same moments, halved intervals where they would leave the
// bracket. By Chebyshev's inequality the quantile lies within sqrt(1 / tail) standard deviations of the mean. A step
// below 1e-5 sds leaves an error of its square.
double quantile_of(const Components& mixture, const Moments& moments, double share, double normal_quantile) {
  const double reach = moments.sd / std::sqrt(std::min(share, 1.0 - share));
  double low = moments.mean - reach, high = moments.mean + reach;
  double x = moments.mean + moments.sd * normal_quantile;
  for (int step = 0; step < 100; ++step) {
    const Height at = height_at(mixture, x);
    (at.share < share ? low : high) = x;
    const double next = x - (at.share - share) / at.density, before = x;
    x = next > low && next < high ? next : 0.5 * (low + high);
    if (std::abs(x - before) <= 1e-5 * moments.sd) break;
  }
  return x;
}

}  // namespace growthcurve
