// Sixteen floats or eight doubles as one value, and the few functions the kernels need. Included after the
// `#pragma GCC target` of each build of the kernels, so it may not include any header with inline code.
#ifndef SPARSEIRT_VEC_H
#define SPARSEIRT_VEC_H

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define ALWAYS_INLINE_MEMBER inline __attribute__((always_inline))

namespace {

constexpr int W = 16;  // floats in one vector: a row of a cache line
typedef float V __attribute__((vector_size(64)));
typedef int32_t VI __attribute__((vector_size(64)));
typedef double D __attribute__((vector_size(64)));
typedef int64_t DI __attribute__((vector_size(64)));

ALWAYS_INLINE V splat(float x) { return x - V{}; }
ALWAYS_INLINE D splat_d(double x) { return x - D{}; }
ALWAYS_INLINE V larger(V x, V y) { return x > y ? x : y; }
ALWAYS_INLINE V smaller(V x, V y) { return x < y ? x : y; }
ALWAYS_INLINE D larger(D x, D y) { return x > y ? x : y; }
ALWAYS_INLINE D smaller(D x, D y) { return x < y ? x : y; }

// Always the same order of additions, whatever the processor.
ALWAYS_INLINE float sum_of(V x) {
  typedef float Q __attribute__((vector_size(16)));
  union { V all; Q part[4]; } u = {x};
  const Q q = (u.part[0] + u.part[1]) + (u.part[2] + u.part[3]);
  return (q[0] + q[1]) + (q[2] + q[3]);
}

ALWAYS_INLINE double sum_of(D x) {
  return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
}

ALWAYS_INLINE float max_of(V x) {
  typedef float Q __attribute__((vector_size(16)));
  union { V all; Q part[4]; } u = {x};
  const Q low = u.part[0] > u.part[1] ? u.part[0] : u.part[1];
  const Q high = u.part[2] > u.part[3] ? u.part[2] : u.part[3];
  const Q q = low > high ? low : high;
  const float left = q[0] > q[1] ? q[0] : q[1], right = q[2] > q[3] ? q[2] : q[3];
  return left > right ? left : right;
}

// exp: x = n log 2 + r, a polynomial in r, n added to the exponent. Relative error 2e-7 within [-87, 88].
ALWAYS_INLINE V exp_of(V x) {
  x = smaller(larger(x, splat(-87.0f)), splat(88.0f));
  const V shifted = x * 1.44269504f + 12582912.0f;
  const V n = shifted - 12582912.0f;
  const V r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  V p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * (V)(((VI)shifted << 23) + 0x3f800000);
}

// The same in double precision; relative error 1e-14 within [-700, 700].
ALWAYS_INLINE D exp_of(D x) {
  x = smaller(larger(x, splat_d(-700.0)), splat_d(700.0));
  const D shifted = x * 1.4426950408889634 + 6755399441055744.0;
  const D n = shifted - 6755399441055744.0;
  const D r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;
  D p = splat_d(1.0 / 479001600);
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
  return p * (D)(((DI)shifted << 52) + 0x3ff0000000000000);
}

// log for x > 0: x = 2^e m with m near 1, and 2 atanh((m - 1) / (m + 1)) as a series.
ALWAYS_INLINE V log_of(V x) {
  const VI bits = (VI)x - 0x3f3504f3;  // sqrt(1/2)
  const VI e = bits >> 23;
  const V m = (V)((bits & 0x007fffff) + 0x3f3504f3);
  const V s = (m - 1.0f) / (m + 1.0f), z = s * s;
  V p = splat(2.0f / 9);
  p = p * z + 2.0f / 7;
  p = p * z + 2.0f / 5;
  p = p * z + 2.0f / 3;
  p = p * z * s + 2.0f * s;
  return p + __builtin_convertvector(e, V) * 0.693147181f;
}

// log(1 + y) for y in [0, 1].
ALWAYS_INLINE V log1p_of(V y) {
  const V s = y / (y + 2.0f), z = s * s;
  V p = splat(2.0f / 13);
  p = p * z + 2.0f / 11;
  p = p * z + 2.0f / 9;
  p = p * z + 2.0f / 7;
  p = p * z + 2.0f / 5;
  p = p * z + 2.0f / 3;
  return p * z * s + 2.0f * s;
}

ALWAYS_INLINE V magnitude(V x) { return (V)((VI)x & 0x7fffffff); }
ALWAYS_INLINE D magnitude(D x) { return (D)((DI)x & 0x7fffffffffffffff); }

}  // namespace
#endif
