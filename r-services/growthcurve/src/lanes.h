// Eight doubles as one value: eight sets of hyperparameters side by side. The compiler lowers it to what the processor
// has. No function here may be called across translation units.
#ifndef GROWTHCURVE_LANES_H
#define GROWTHCURVE_LANES_H

#include <cmath>
#include <cstdint>
#include <cstring>

#pragma GCC diagnostic ignored "-Wpsabi"
#define ALWAYS_INLINE static inline __attribute__((always_inline))
// The same function built for several processors, chosen when the package is loaded.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

namespace growthcurve {

constexpr int LANES = 8;
typedef double Lanes __attribute__((vector_size(64)));
typedef int64_t Bits __attribute__((vector_size(64)));

ALWAYS_INLINE Lanes all(double x) { return x - Lanes{}; }
ALWAYS_INLINE Lanes larger(Lanes x, Lanes y) { return x > y ? x : y; }

ALWAYS_INLINE Lanes load(const double* from) {
  Lanes x;
  std::memcpy(&x, from, sizeof x);
  return x;
}

ALWAYS_INLINE double sum_of(Lanes x) { return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7])); }

// exp for x in [-700, 700]: x = n log 2 + r, the series in r, n added to the exponent. Relative error 1e-14.
ALWAYS_INLINE Lanes exp_of(Lanes x) {
  const Lanes shifted = x * 1.44269504088896340736 + 6755399441055744.0, n = shifted - 6755399441055744.0;
  const Lanes r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;
  Lanes sum = all(1.0);
  for (int k = 13; k > 0; --k) sum = 1.0 + sum * r / static_cast<double>(k);
  return sum * (Lanes)(((Bits)shifted << 52) + 0x3ff0000000000000);
}

// The logarithm of a long product of positive numbers, at the price of one: mantissa and exponent are kept apart.
struct LogProduct {
  Lanes mantissa;
  Bits exponent;
};

ALWAYS_INLINE LogProduct empty_product() { return {all(1.0), Bits{}}; }

ALWAYS_INLINE void multiply(LogProduct& product, Lanes x) {
  const Bits bits = (Bits)(product.mantissa * x);
  product.exponent += ((bits >> 52) & 0x7ff) - 1023;
  product.mantissa = (Lanes)((bits & 0xfffffffffffff) | 0x3ff0000000000000);
}

ALWAYS_INLINE double log_of(const LogProduct& product, int lane) {
  return std::log(product.mantissa[lane]) + 0.69314718055994530942 * static_cast<double>(product.exponent[lane]);
}

}  // namespace growthcurve
#endif
