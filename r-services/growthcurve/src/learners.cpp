#include "learners.h"

#include <algorithm>

#include <numerics/array.h>
#include <numerics/parallel.h>

#include "algebra.h"
#include "mixture.h"

namespace growthcurve {

// Mean and sd of theta and slope of one learner under each draw.
FOR_EACH_PROCESSOR void posterior_by_draw(const Scores& scores, const Learner& one, double at, const Hyper* hypers,
                                          int64_t n_blocks, Components& theta, Components& slope) {
  const double x = at - one.centre;
  for (int64_t block = 0; block < n_blocks; ++block) {
    const Hyper& h = hypers[block];
    const Marginal m = marginal_of(one, h, row_sums(scores, one, h, false));
    const Doubles b = one.slope - m.offset.b, mean = one.level - m.offset.a + x * b;
    const Doubles variance = m.posterior.aa + 2.0 * x * m.posterior.ab + x * x * m.posterior.bb;
    for (int lane = 0; lane < LANES; ++lane) {
      const int64_t k = block * LANES + lane;
      theta.mean[k] = mean[lane], theta.sd[k] = std::sqrt(std::max(variance[lane], 0.0));
      slope.mean[k] = b[lane], slope.sd[k] = std::sqrt(std::max(m.posterior.bb[lane], 0.0));
    }
  }
}

void forecast(const Scores& scores, const Draws& draws, const double* at, const double* target, double tail,
              double z_tail, int threads, const Forecast& out) {
  const int64_t n_blocks = (draws.n + LANES - 1) / LANES, n_learners = static_cast<int64_t>(scores.learners.size());
  Array<Hyper> hypers(n_blocks);
  for (int64_t block = 0; block < n_blocks; ++block) hypers[block] = hyper_of(draws.points, draws.n, block * LANES);
  std::vector<double> weights(n_blocks * LANES, 0.0);  // the repeats in the last lanes have no weight
  std::copy(draws.weights, draws.weights + draws.n, weights.begin());
  each_range(n_learners, PIECES, threads, [&](int, int64_t from, int64_t to) {
    Components theta(weights), slope(weights);
    for (int64_t i = from; i < to; ++i) {
      posterior_by_draw(scores, scores.learners[i], at[i], hypers.get(), n_blocks, theta, slope);
      const Moments of_theta = moments_of(theta), of_slope = moments_of(slope);
      out.probability[i] = 1.0 - share_below(theta, target[i]);
      out.mean[i] = of_theta.mean, out.sd[i] = of_theta.sd;
      out.lower[i] = quantile_of(theta, of_theta, tail, z_tail);
      out.upper[i] = quantile_of(theta, of_theta, 1.0 - tail, -z_tail);
      out.slope_mean[i] = of_slope.mean, out.slope_sd[i] = of_slope.sd;
    }
  });
}

void residuals(const Scores& scores, const double* point, int threads, double* by_row, double* by_learner) {
  const Hyper h = hyper_of(point, 1, 0);
  each_range(static_cast<int64_t>(scores.learners.size()), PIECES, threads, [&](int, int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) {
      const Learner& one = scores.learners[i];
      const RowSums s = row_sums(scores, one, h, false);
      const Marginal m = marginal_of(one, h, s);
      const double paa = m.posterior.aa[0], pab = m.posterior.ab[0], pbb = m.posterior.bb[0];
      for (int64_t k = one.from; k < one.to; ++k) {
        const double x = scores.week[k], w = 1.0 / (h.noise[0] + scores.error[k]);
        const double left = 1.0 - w * (paa + 2.0 * x * pab + x * x * pbb);  // 1 - leverage
        const double residual = scores.residual[k] + m.offset.a[0] + x * m.offset.b[0];
        by_row[k] = std::sqrt(w) * residual / std::sqrt(std::max(left, 1e-12));
      }
      const double n = s.weight.aa[0], x = s.weight.ab[0] / n;  // mean week, weighted as the scores are
      const double off = m.difference.a[0] + x * m.difference.b[0] + s.product.a[0] / n;
      const double variance = m.prior.aa[0] + 2.0 * x * m.prior.ab[0] + x * x * m.prior.bb[0] + 1.0 / n;
      by_learner[i] = one.from == one.to ? 0.0 : off / std::sqrt(variance);
    }
  });
}

}  // namespace growthcurve
