// The logarithm of a long product of positive numbers for the cost of one logarithm: mantissa and exponent are kept
// apart.
#ifndef GROWTHCURVE_PRODUCT_H
#define GROWTHCURVE_PRODUCT_H

#include <cmath>

#include <numerics/vectors.h>

namespace growthcurve {

using namespace numerics;

struct LogProduct {
  Doubles mantissa;
  Longs exponent;
};

ALWAYS_INLINE LogProduct empty_product() { return {splat(1.0), Longs{}}; }

ALWAYS_INLINE void multiply(LogProduct& product, Doubles x) {
  const Longs bits = (Longs)(product.mantissa * x);
  product.exponent += ((bits >> 52) & 0x7ff) - 1023;
  product.mantissa = (Doubles)((bits & 0xfffffffffffff) | 0x3ff0000000000000);
}

ALWAYS_INLINE double log_of(const LogProduct& product, int lane) {
  return std::log(product.mantissa[lane]) + 0.69314718055994530942 * static_cast<double>(product.exponent[lane]);
}

}  // namespace growthcurve
#endif
