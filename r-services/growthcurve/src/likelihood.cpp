#include "likelihood.h"

#include <numerics/array.h>
#include <numerics/parallel.h>

#include "algebra.h"

namespace growthcurve {

// Derivatives that add up over learners: by the mean of the coefficients, their covariance, and sigma^2.
struct Slopes {
  Vector2 mean;
  Symmetric2 covariance;
  Doubles noise;
};

struct Sums {
  Doubles quadratic;
  LogProduct determinants;  // of V
  Slopes slopes;
};

// With r = y - Z mu and g = Z'V^-1 r: d loglik = g d mu + tr((g g' - H) dS) / 2, carried from the learner's centre to
// 0, and sum((V^-1 r)^2 - diag V^-1) / 2 d sigma^2.
ALWAYS_INLINE void add_slopes(const Learner& one, const RowSums& s, const Marginal& m, const Symmetric2& H,
                              const Vector2& of_rho, Slopes& sums) {
  const Vector2 d = m.difference, k = m.offset;
  const Vector2 g = {of_rho.a + H.aa * d.a + H.ab * d.b, of_rho.b + H.ab * d.a + H.bb * d.b};
  const Symmetric2 G = {0.5 * (g.a * g.a - H.aa), 0.5 * (g.a * g.b - H.ab), 0.5 * (g.b * g.b - H.bb)};
  const double x = one.centre;
  sums.mean.a += g.a, sums.mean.b += g.b + x * g.a;
  sums.covariance.aa += G.aa, sums.covariance.ab += G.ab + x * G.aa;
  sums.covariance.bb += G.bb + 2.0 * x * G.ab + x * x * G.aa;
  const Doubles squares = s.square2 + 2.0 * (k.a * s.product2.a + k.b * s.product2.b) + k.a * k.a * s.weight2.aa +
                        2.0 * k.a * k.b * s.weight2.ab + k.b * k.b * s.weight2.bb;
  const Symmetric2& P = m.posterior;
  const Doubles diagonal = s.weight.aa - (P.aa * s.weight2.aa + 2.0 * P.ab * s.weight2.ab + P.bb * s.weight2.bb);
  sums.noise += 0.5 * (squares - diagonal);
}

ALWAYS_INLINE Sums sums_of(const Scores& scores, int64_t from, int64_t to, const Hyper& h, bool with_slopes) {
  Sums sums{};
  sums.determinants = empty_product();
  for (int64_t i = from; i < to; ++i) {
    const Learner& one = scores.learners[i];
    if (one.from == one.to) continue;
    const RowSums s = row_sums(scores, one, h, with_slopes);
    const Marginal m = marginal_of(one, h, s);
    const Symmetric2 H = information_of(s, m);
    const Vector2 of_rho = residual_score(s, m);
    sums.quadratic += quadratic_of(s, m, H, of_rho);
    multiply(sums.determinants, m.m_determinant);
    sums.determinants.exponent += s.variances.exponent;
    multiply(sums.determinants, s.variances.mantissa);
    if (with_slopes) add_slopes(one, s, m, H, of_rho, sums.slopes);
  }
  return sums;
}

FOR_EACH_PROCESSOR void add_up(const Scores& scores, int64_t from, int64_t to, const Hyper* hypers, int64_t n_blocks,
                               bool with_slopes, Sums* out) {
  for (int64_t block = 0; block < n_blocks; ++block) {
    out[block] = with_slopes ? sums_of(scores, from, to, hypers[block], true)
                             : sums_of(scores, from, to, hypers[block], false);
  }
}

namespace {

void chain(const Hyper& h, const Slopes& s, int lane, double* gradient) {
  const double aa = h.covariance.aa[lane], ab = h.covariance.ab[lane], bb = h.covariance.bb[lane];
  const double by_ab = 2.0 * s.covariance.ab[lane];  // S has it twice
  gradient[INTERCEPT] += s.mean.a[lane];
  gradient[WEEK] += s.mean.b[lane];
  gradient[LOG_SD_INTERCEPT] += 2.0 * aa * s.covariance.aa[lane] + ab * by_ab;
  gradient[LOG_SD_WEEK] += 2.0 * bb * s.covariance.bb[lane] + ab * by_ab;
  gradient[ATANH_COR] += h.cross[lane] * by_ab;
  gradient[LOG_SIGMA] += 2.0 * h.noise[lane] * s.noise[lane];
}

}  // namespace

void evaluate(const Scores& scores, const double* points, int64_t n_points, int threads, double* loglik,
              double* gradient) {
  const int64_t n_blocks = (n_points + LANES - 1) / LANES, n_learners = static_cast<int64_t>(scores.learners.size());
  Array<Hyper> hypers(n_blocks);
  for (int64_t block = 0; block < n_blocks; ++block) hypers[block] = hyper_of(points, n_points, block * LANES);
  Array<Sums> sums(PIECES * n_blocks);
  each_range(n_learners, PIECES, threads, [&](int piece, int64_t from, int64_t to) {
    add_up(scores, from, to, hypers.get(), n_blocks, gradient != nullptr, &sums[piece * n_blocks]);
  });
  const double constant = -0.91893853320467274178 * static_cast<double>(scores.week.size());  // -n log(2 pi) / 2
  for (int64_t k = 0; k < n_points; ++k) {
    const int64_t block = k / LANES;
    const int lane = static_cast<int>(k % LANES);
    loglik[k] = constant;
    for (int j = 0; gradient && j < N_PARAMETERS; ++j) gradient[k * N_PARAMETERS + j] = 0.0;
    for (int piece = 0; piece < PIECES; ++piece) {
      const Sums& part = sums[piece * n_blocks + block];
      loglik[k] -= 0.5 * (part.quadratic[lane] + log_of(part.determinants, lane));
      if (gradient) chain(hypers[block], part.slopes, lane, gradient + k * N_PARAMETERS);
    }
  }
}

}  // namespace growthcurve
