#include "normal.h"

namespace growthcurve {

namespace {

// exp(x^2) erfc(x); from 20 on by its asymptotic series.
double scaled_erfc(double x) {
  if (x < 20.0) {
    const long double y = x;
    return static_cast<double>(std::exp(y * y) * std::erfc(y));
  }
  const double q = 0.5 / (x * x);
  return 0.56418958354775628695 / x * (1.0 - q * (1.0 - 3.0 * q * (1.0 - 5.0 * q * (1.0 - 7.0 * q))));
}

}  // namespace

Chebyshev::Chebyshev() {
  constexpr double PI = 3.14159265358979323846;
  constexpr int NODES = 64;
  for (int k = 0; k < TERMS; ++k) {
    double sum = 0;
    for (int j = 0; j < NODES; ++j) {
      const double angle = PI * (j + 0.5) / NODES, u = std::cos(angle);
      sum += scaled_erfc(3.75 * (1.0 + u) / (1.0 - u)) * std::cos(k * angle);
    }
    term[k] = sum * (k == 0 ? 1.0 : 2.0) / NODES;
  }
}

const Chebyshev SCALED_ERFC;

}  // namespace growthcurve
