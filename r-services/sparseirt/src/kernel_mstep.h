// The M-step: each item on its own, from its expected answers at the nodes.
namespace sparseirt::kernels {

// Gradient and Fisher information of one item, in (a, d, logit c).
struct Slope {
  double a, d, c, aa, ad, dd, ac, dc, cc;
};

// right[v]: expected right answers at the nodes; n[v]: expected answers.
ALWAYS_INLINE Slope slope_general(int nv, const Floats* node, const Floats* n, const Floats* right, float a, float d,
                                  float c) {
  Floats ga = {}, gd = {}, gc = {}, aa = {}, ad = {}, dd = {}, ac = {}, dc = {}, cc = {};
  for (int v = 0; v < nv; ++v) {
    Floats psi, rest;
    const Floats t = node[v];
    logistic(a * t + d, psi, rest);
    const Floats p = c + (1.0f - c) * psi, q = (1.0f - c) * rest, over_p = 1.0f / p;
    const Floats residual = (right[v] - n[v] * p) * over_p;
    const Floats by_d = residual * psi, weight = n[v] * q * over_p;  // dP/dd = psi Q, dP/dlogit c = c Q
    const Floats w_dd = weight * psi * psi, w_dc = weight * psi * c;
    gd += by_d, ga += by_d * t, gc += residual * c;
    dd += w_dd, ad += w_dd * t, aa += w_dd * t * t;
    dc += w_dc, ac += w_dc * t, cc += weight * c * c;
  }
  return {sum_of(ga), sum_of(gd), sum_of(gc), sum_of(aa), sum_of(ad), sum_of(dd), sum_of(ac), sum_of(dc), sum_of(cc)};
}

// c = 0: the gradient needs only the count of right answers and the sum of E[theta] over them.
ALWAYS_INLINE Slope slope_linear(int nv, const Floats* node, const Floats* n, double n_right, double right_theta,
                                 float a, float d) {
  Floats ga = {}, gd = {}, aa = {}, ad = {}, dd = {};
  for (int v = 0; v < nv; ++v) {
    Floats psi, rest;
    const Floats t = node[v];
    logistic(a * t + d, psi, rest);
    const Floats expected = n[v] * psi, w = expected * rest, wt = w * t;
    gd += expected, ga += expected * t;
    dd += w, ad += wt, aa += wt * t;
  }
  return {right_theta - sum_of(ga), n_right - sum_of(gd), 0, sum_of(aa), sum_of(ad), sum_of(dd), 0, 0, 0};
}

ALWAYS_INLINE double capped(double step) { return step > 1.0 ? 1.0 : step < -1.0 ? -1.0 : step; }
ALWAYS_INLINE double within(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

// One Newton step in (log a, d, logit c) of what is free, priors included.
ALWAYS_INLINE void newton(Slope s, uint8_t free, const Penalty& prior, double& log_a, double& d, double& logit_c) {
  const double a = __builtin_exp(log_a), tiny = 1e-9;
  // in log a the curvature gains -a dl/da: without it an item that wants a smaller slope overshoots
  const double pull = s.a * a, bend = pull < 0.0 ? -pull : 0.0;
  s.a = pull - prior.log_a * (log_a - prior.log_a_mean) + prior.log_a_tilt;
  s.aa = s.aa * a * a + bend + prior.log_a + tiny, s.ad *= a, s.ac *= a;
  s.d -= prior.d * d, s.dd += prior.d + tiny;
  s.c -= prior.logit_c * (logit_c - prior.logit_c_mean), s.cc += prior.logit_c + tiny;
  if (free == FREE_D) s.ad = 0.0, s.a = 0.0;
  if (free != FREE_ADC) s.ac = s.dc = s.c = 0.0;
  // Cholesky by hand: c first, then d, then log a
  const double dc = s.dc / s.cc, ac = s.ac / s.cc;
  const double dd = s.dd - s.dc * dc, ad = s.ad - s.ac * dc, aa = s.aa - s.ac * ac;
  const double gd = s.d - dc * s.c, ga = s.a - ac * s.c;
  const double slope = ad / dd;
  const double step_a = (ga - slope * gd) / (aa - ad * slope);
  const double step_d = (gd - ad * step_a) / dd;
  const double step_c = (s.c - s.ac * step_a - s.dc * step_d) / s.cc;
  if (free >= FREE_AD) log_a = within(log_a + capped(step_a), -5.0, 5.0);
  d = within(d + capped(step_d), -50.0, 50.0);
  if (free == FREE_ADC) logit_c = within(logit_c + capped(step_c), -12.0, 4.0);
}

// Adds the blocks' counts into the first one's, in block order, and empties the others.
ALWAYS_INLINE Floats* gather(const MStep& m, size_t row, int nv) {
  Floats* sum = (Floats*)m.count[0] + row * nv;
  for (int b = 1; b < m.n_blocks; ++b) {
    Floats* part = (Floats*)m.count[b] + row * nv;
    for (int v = 0; v < nv; ++v) sum[v] += part[v], part[v] = Floats{};
  }
  return sum;
}

ALWAYS_INLINE double gather_theta(const MStep& m, size_t right) {
  double sum = 0.0;
  for (int b = 0; b < m.n_blocks; ++b) {
    sum += m.right_theta[b][right];
    m.right_theta[b][right] = m.right_theta[b][right - 1] = 0.0;
  }
  return sum;
}

ALWAYS_INLINE void maximise_item(const MStep& m, int j) {
  const int nv = m.grid.n / WIDTH;
  const Floats* node = (const Floats*)m.grid.node;
  const size_t wrong_row = m.linear ? (size_t)j : (size_t)2 * j;
  Floats *n = gather(m, wrong_row, nv), *right = m.linear ? nullptr : gather(m, wrong_row + 1, nv);
  const double right_theta = m.linear ? gather_theta(m, (size_t)2 * j + 1) : 0.0;
  if (m.free[j] != FIXED) {
    double log_a = __builtin_log(m.items.a[j]), d = m.items.d[j], c = m.items.c[j];
    double logit_c = c > 0.0 ? __builtin_log(c / (1.0 - c)) : -12.0;
    if (right)
      for (int v = 0; v < nv; ++v) n[v] += right[v];
    for (int step = 0; step < 2; ++step) {
      const float a = (float)__builtin_exp(log_a);
      const Slope s = m.linear ? slope_linear(nv, node, n, m.n_right[j], right_theta, a, (float)d)
                               : slope_general(nv, node, n, right, a, (float)d, (float)c);
      newton(s, m.free[j], m.penalty, log_a, d, logit_c);
      if (m.free[j] == FREE_ADC) c = 1.0 / (1.0 + __builtin_exp(-logit_c));
    }
    if (m.free[j] >= FREE_AD) m.items.a[j] = __builtin_exp(log_a);
    m.items.d[j] = d, m.items.c[j] = c;
  }
  for (int v = 0; v < nv; ++v) {
    n[v] = Floats{};
    if (right) right[v] = Floats{};
  }
}

FOR_EACH_PROCESSOR void maximise(const MStep& m, int first, int last) {
  for (int j = first; j < last; ++j) maximise_item(m, j);
}

}  // namespace sparseirt::kernels
