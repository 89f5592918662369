// A weighted mixture of normals: moments, distribution function, quantiles. Components come in multiples of LANES;
// those that fill up weigh 0.
#ifndef GROWTHCURVE_MIXTURE_H
#define GROWTHCURVE_MIXTURE_H

#include <vector>

namespace growthcurve {

struct Components {
  std::vector<double> mean, sd;
  const std::vector<double>& weight;  // adds up to 1
  explicit Components(const std::vector<double>& weight) : mean(weight.size()), sd(weight.size()), weight(weight) {}
};

struct Moments { double mean, sd; };

Moments moments_of(const Components& mixture);
double share_below(const Components& mixture, double x);
double quantile_of(const Components& mixture, const Moments& moments, double share, double normal_quantile);

}  // namespace growthcurve
#endif
