// The standard normal's distribution and density for eight numbers at once.
#ifndef GROWTHCURVE_NORMAL_H
#define GROWTHCURVE_NORMAL_H

#include <cmath>

#include <numerics/vectors.h>

namespace growthcurve {

using namespace numerics;

// Coefficients of exp(x^2) erfc(x) in Chebyshev polynomials of (x - 3.75) / (x + 3.75), for x from 0 on (the variable
// is Schonfelder's, 1978); computed when the package is loaded.
constexpr int TERMS = 26;
struct Chebyshev {
  double term[TERMS];
  Chebyshev();
};
extern const Chebyshev SCALED_ERFC;

struct Normal {
  Doubles share, density;
};

// Error 1e-13 of the share, relative below the mean. |z| beyond 37 counts as 37.
ALWAYS_INLINE Normal normal_at(Doubles z) {
  z = larger(z < splat(37.0) ? z : splat(37.0), splat(-37.0));
  const Doubles size = z < splat(0.0) ? -z : z, x = size * 0.70710678118654752440;
  const Doubles u = (x - 3.75) / (x + 3.75);
  Doubles now = splat(0.0), before = splat(0.0);  // Clenshaw's recurrence
  for (int k = TERMS - 1; k > 0; --k) {
    const Doubles next = 2.0 * u * now - before + SCALED_ERFC.term[k];
    before = now, now = next;
  }
  const Doubles height = exp_of(-0.5 * size * size);
  const Doubles tail = 0.5 * height * (u * now - before + SCALED_ERFC.term[0]);
  return {z < splat(0.0) ? tail : 1.0 - tail, 0.39894228040143267794 * height};
}

}  // namespace growthcurve
#endif
