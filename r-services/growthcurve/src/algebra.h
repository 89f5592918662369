// The 2 x 2 algebra of one learner under eight sets of hyperparameters.
//
// Scores y ~ N(Z b, diag(1 / w)), coefficients b ~ N(mu, S), Z = [1, week]. With A = Z'WZ and M = I + SA the marginal
// distribution of y (Lindley and Smith 1972; here by the Woodbury identity) is N(Z mu, V):
//   log |V| = log |M| - sum log w,   Z'V^-1 Z = H = (A + |A| adj S) / |M|,   Var(b | y) = P = (S + |S| adj A) / |M|.
// adj is the transposed matrix of cofactors. Neither S nor A is ever inverted, so sds near 0, correlations near 1 and
// learners with one week need no case of their own. All of it is about the learner's own line (see scores.h):
//   y = Z c + rho, delta = c - mu, u = Z'W rho.
#ifndef GROWTHCURVE_ALGEBRA_H
#define GROWTHCURVE_ALGEBRA_H

#include "product.h"
#include "scores.h"

namespace growthcurve {

enum Parameter { INTERCEPT, WEEK, LOG_SD_INTERCEPT, LOG_SD_WEEK, ATANH_COR, LOG_SIGMA, N_PARAMETERS };

struct Vector2 { Doubles a, b; };
struct Symmetric2 { Doubles aa, ab, bb; };

struct Hyper {
  Vector2 mean;           // of intercept and slope
  Symmetric2 covariance;  // of intercept and slope
  Doubles determinant;      // of covariance
  Doubles cross;            // d covariance.ab / d atanh(cor)
  Doubles noise;            // sigma^2
};

// Sums over a learner's rows: of w, w x, w x^2; w rho, w x rho, w rho^2; and the same with w^2. `variances`: product
// of 1 / w.
struct RowSums {
  Symmetric2 weight, weight2;
  Vector2 product, product2;
  Doubles square, square2;
  LogProduct variances;
};

struct Marginal {
  Symmetric2 prior;      // S about the learner's centre
  Vector2 difference;    // delta
  Doubles m_determinant;   // |M|
  Doubles a_determinant;   // |A|
  Symmetric2 posterior;  // P
  Vector2 offset;        // c minus the posterior mean of b
};

ALWAYS_INLINE Hyper hyper_of(const double* points, int64_t n_points, int64_t first) {
  Hyper h;
  for (int lane = 0; lane < LANES; ++lane) {
    const int64_t at = first + lane < n_points ? first + lane : n_points - 1;  // the last lanes repeat the last point
    const double* point = points + at * N_PARAMETERS;
    const double sd_a = std::exp(point[LOG_SD_INTERCEPT]), sd_b = std::exp(point[LOG_SD_WEEK]);
    const double sech = 1.0 / std::cosh(point[ATANH_COR]), sigma = std::exp(point[LOG_SIGMA]);
    h.mean.a[lane] = point[INTERCEPT], h.mean.b[lane] = point[WEEK];
    h.covariance.aa[lane] = sd_a * sd_a, h.covariance.bb[lane] = sd_b * sd_b;
    h.covariance.ab[lane] = std::tanh(point[ATANH_COR]) * sd_a * sd_b;
    h.determinant[lane] = (sd_a * sd_b * sech) * (sd_a * sd_b * sech);
    h.cross[lane] = sd_a * sd_b * sech * sech;
    h.noise[lane] = sigma * sigma;
  }
  return h;
}

ALWAYS_INLINE RowSums row_sums(const Scores& scores, const Learner& one, const Hyper& h, bool squares) {
  RowSums s{};
  s.variances = empty_product();
  if (scores.equal_errors) {  // the line is the least-squares line: w rho and w x rho add up to 0
    const Doubles variance = h.noise + scores.common_error, w = 1.0 / variance, w2 = w * w;
    for (int64_t k = one.from; k < one.to; ++k) multiply(s.variances, variance);
    s.weight = {w * one.n, Doubles{}, w * one.spread}, s.weight2 = {w2 * one.n, Doubles{}, w2 * one.spread};
    s.square = w * one.rss, s.square2 = w2 * one.rss;
    return s;
  }
  for (int64_t k = one.from; k < one.to; ++k) {
    const double x = scores.week[k], rho = scores.residual[k];
    const Doubles variance = h.noise + scores.error[k], w = 1.0 / variance;
    multiply(s.variances, variance);
    s.weight.aa += w, s.weight.ab += w * x, s.weight.bb += w * (x * x);
    s.product.a += w * rho, s.product.b += w * (x * rho), s.square += w * (rho * rho);
    if (!squares) continue;
    const Doubles w2 = w * w;
    s.weight2.aa += w2, s.weight2.ab += w2 * x, s.weight2.bb += w2 * (x * x);
    s.product2.a += w2 * rho, s.product2.b += w2 * (x * rho), s.square2 += w2 * (rho * rho);
  }
  return s;
}

ALWAYS_INLINE Marginal marginal_of(const Learner& one, const Hyper& h, const RowSums& s) {
  Marginal m;
  const Symmetric2& A = s.weight;
  const double x = one.centre;
  m.prior = {h.covariance.aa + 2.0 * x * h.covariance.ab + x * x * h.covariance.bb,
             h.covariance.ab + x * h.covariance.bb, h.covariance.bb};
  m.difference = {one.level - h.mean.a - x * h.mean.b, one.slope - h.mean.b};
  m.a_determinant = larger(A.aa * A.bb - A.ab * A.ab, Doubles{});
  m.m_determinant = 1.0 + m.prior.aa * A.aa + 2.0 * m.prior.ab * A.ab + m.prior.bb * A.bb +
                    h.determinant * m.a_determinant;
  const Doubles scale = 1.0 / m.m_determinant;
  m.posterior = {(m.prior.aa + h.determinant * A.bb) * scale, (m.prior.ab - h.determinant * A.ab) * scale,
                 (m.prior.bb + h.determinant * A.aa) * scale};
  // (delta + adj(A) adj(S) delta) / |M| - P u
  const Vector2 d = m.difference;
  const Doubles ta = m.prior.bb * d.a - m.prior.ab * d.b, tb = m.prior.aa * d.b - m.prior.ab * d.a;
  m.offset.a = (d.a + A.bb * ta - A.ab * tb) * scale - m.posterior.aa * s.product.a - m.posterior.ab * s.product.b;
  m.offset.b = (d.b + A.aa * tb - A.ab * ta) * scale - m.posterior.ab * s.product.a - m.posterior.bb * s.product.b;
  return m;
}

// H = Z'V^-1 Z.
ALWAYS_INLINE Symmetric2 information_of(const RowSums& s, const Marginal& m) {
  const Doubles scale = 1.0 / m.m_determinant;
  return {(s.weight.aa + m.a_determinant * m.prior.bb) * scale, (s.weight.ab - m.a_determinant * m.prior.ab) * scale,
          (s.weight.bb + m.a_determinant * m.prior.aa) * scale};
}

// Z'V^-1 rho = (u + adj(S) adj(A) u) / |M|.
ALWAYS_INLINE Vector2 residual_score(const RowSums& s, const Marginal& m) {
  const Doubles scale = 1.0 / m.m_determinant;
  const Vector2 u = s.product;
  const Doubles ta = s.weight.bb * u.a - s.weight.ab * u.b, tb = s.weight.aa * u.b - s.weight.ab * u.a;
  return {(u.a + m.prior.bb * ta - m.prior.ab * tb) * scale, (u.b + m.prior.aa * tb - m.prior.ab * ta) * scale};
}

// (y - Z mu)' V^-1 (y - Z mu).
ALWAYS_INLINE Doubles quadratic_of(const RowSums& s, const Marginal& m, const Symmetric2& H, const Vector2& g) {
  const Symmetric2& P = m.posterior;
  const Vector2 u = s.product, d = m.difference;
  const Doubles explained = P.aa * u.a * u.a + 2.0 * P.ab * u.a * u.b + P.bb * u.b * u.b;
  const Doubles of_line = H.aa * d.a * d.a + 2.0 * H.ab * d.a * d.b + H.bb * d.b * d.b;
  return s.square - explained + 2.0 * (g.a * d.a + g.b * d.b) + of_line;
}

}  // namespace growthcurve
#endif
