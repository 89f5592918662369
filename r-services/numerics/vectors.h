// Sixteen floats or eight doubles as one value, and the functions that the kernels need. The compiler lowers each
// operation to the instructions of the processor. All functions here are inlined into their caller, so that they are
// compiled for the caller's processor.
#ifndef NUMERICS_VECTORS_H
#define NUMERICS_VECTORS_H

#include <cstdint>

#pragma GCC diagnostic ignored "-Wpsabi"
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define ALWAYS_INLINE_MEMBER inline __attribute__((always_inline))
// The same function compiled for several processors (AVX-512, AVX2 with FMA, any); the best one is chosen when the
// package is loaded. Everything it calls in a loop must be ALWAYS_INLINE.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(ONE_PROCESSOR)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

namespace numerics {

constexpr int WIDTH = 16;  // floats in one vector: a cache line
constexpr int LANES = 8;   // doubles in one vector
typedef float Floats __attribute__((vector_size(64)));
typedef int32_t Ints __attribute__((vector_size(64)));
typedef double Doubles __attribute__((vector_size(64)));
typedef int64_t Longs __attribute__((vector_size(64)));

ALWAYS_INLINE Floats splat(float x) { return x - Floats{}; }
ALWAYS_INLINE Doubles splat(double x) { return x - Doubles{}; }
ALWAYS_INLINE Floats larger(Floats x, Floats y) { return x > y ? x : y; }
ALWAYS_INLINE Floats smaller(Floats x, Floats y) { return x < y ? x : y; }
ALWAYS_INLINE Doubles larger(Doubles x, Doubles y) { return x > y ? x : y; }
ALWAYS_INLINE Doubles smaller(Doubles x, Doubles y) { return x < y ? x : y; }

// Always the same order of additions, whatever the processor.
ALWAYS_INLINE float sum_of(Floats x) {
  typedef float Q __attribute__((vector_size(16)));
  union { Floats all; Q part[4]; } u = {x};
  const Q q = (u.part[0] + u.part[1]) + (u.part[2] + u.part[3]);
  return (q[0] + q[1]) + (q[2] + q[3]);
}

ALWAYS_INLINE double sum_of(Doubles x) {
  return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
}

ALWAYS_INLINE float max_of(Floats x) {
  typedef float Q __attribute__((vector_size(16)));
  union { Floats all; Q part[4]; } u = {x};
  const Q low = u.part[0] > u.part[1] ? u.part[0] : u.part[1];
  const Q high = u.part[2] > u.part[3] ? u.part[2] : u.part[3];
  const Q q = low > high ? low : high;
  const float left = q[0] > q[1] ? q[0] : q[1], right = q[2] > q[3] ? q[2] : q[3];
  return left > right ? left : right;
}

// exp: x = n log 2 + r, a polynomial in r, n added to the exponent. Relative error 2e-7 within [-87, 88].
ALWAYS_INLINE Floats exp_of(Floats x) {
  x = smaller(larger(x, splat(-87.0f)), splat(88.0f));
  const Floats shifted = x * 1.44269504f + 12582912.0f;
  const Floats n = shifted - 12582912.0f;
  const Floats r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Floats p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * (Floats)(((Ints)shifted << 23) + 0x3f800000);
}

// The same in double precision; relative error 1e-14 within [-700, 700].
ALWAYS_INLINE Doubles exp_of(Doubles x) {
  x = smaller(larger(x, splat(-700.0)), splat(700.0));
  const Doubles shifted = x * 1.4426950408889634 + 6755399441055744.0;
  const Doubles n = shifted - 6755399441055744.0;
  const Doubles r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;
  Doubles p = splat(1.0 / 479001600);
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r * r + r + 1.0;
  return p * (Doubles)(((Longs)shifted << 52) + 0x3ff0000000000000);
}

// log for x > 0: x = 2^e m with m near 1, and 2 atanh((m - 1) / (m + 1)) as a series.
ALWAYS_INLINE Floats log_of(Floats x) {
  const Ints bits = (Ints)x - 0x3f3504f3;  // sqrt(1/2)
  const Ints e = bits >> 23;
  const Floats m = (Floats)((bits & 0x007fffff) + 0x3f3504f3);
  const Floats s = (m - 1.0f) / (m + 1.0f), z = s * s;
  Floats p = splat(2.0f / 9);
  p = p * z + 2.0f / 7;
  p = p * z + 2.0f / 5;
  p = p * z + 2.0f / 3;
  p = p * z * s + 2.0f * s;
  return p + __builtin_convertvector(e, Floats) * 0.693147181f;
}

// log(1 + y) for y in [0, 1].
ALWAYS_INLINE Floats log1p_of(Floats y) {
  const Floats s = y / (y + 2.0f), z = s * s;
  Floats p = splat(2.0f / 13);
  p = p * z + 2.0f / 11;
  p = p * z + 2.0f / 9;
  p = p * z + 2.0f / 7;
  p = p * z + 2.0f / 5;
  p = p * z + 2.0f / 3;
  return p * z * s + 2.0f * s;
}

ALWAYS_INLINE Floats magnitude(Floats x) { return (Floats)((Ints)x & 0x7fffffff); }
ALWAYS_INLINE Doubles magnitude(Doubles x) { return (Doubles)((Longs)x & 0x7fffffffffffffff); }

}  // namespace numerics
#endif
