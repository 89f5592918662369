// Abilities: EAP on the grid, or on nodes of its own where the posterior is narrower than the grid; Warm's (1989) WLE.
namespace sparseirt::kernels {

constexpr double WIDEST = 1.2;      // largest spacing of nodes, in posterior standard deviations
constexpr int HALF_LOCAL = 12;      // local nodes on each side of the mode, half a standard deviation apart

// The answers of one group, parameter by parameter, padded to whole vectors with answers that carry no information.
struct Pattern {
  const Doubles *a, *d, *c, *right;
  int64_t n;                        // vectors
};

ALWAYS_INLINE Pattern unpack(const Abilities& s, int64_t group) {
  const int64_t from = s.rows.start[group], size = s.rows.start[group + 1] - from;
  const int64_t n = (size + LANES - 1) / LANES, stride = n * LANES;
  double *a = s.buffer, *d = a + stride, *c = d + stride, *right = c + stride;
  for (int64_t k = 0; k < size; ++k) {
    const uint32_t code = s.rows.code[from + k], item = code >> 1;
    a[k] = s.items.a[item], d[k] = s.items.d[item], c[k] = s.items.c[item], right[k] = code & 1;
  }
  for (int64_t k = size; k < stride; ++k) a[k] = 0.0, d[k] = -700.0, c[k] = 0.0, right[k] = 0.0;
  return {(const Doubles*)a, (const Doubles*)d, (const Doubles*)c, (const Doubles*)right, n};
}

struct Point {
  double score, information, skew;  // l', I, J
};

ALWAYS_INLINE Point point_at(double theta, const Pattern& x) {
  Doubles score = {}, information = {}, skew = {};
  for (int64_t k = 0; k < x.n; ++k) {
    const Doubles logit = x.a[k] * theta + x.d[k];
    const Doubles e = exp_of(-magnitude(logit)), big = 1.0 / (1.0 + e), small = e * big;
    const Doubles psi = logit < 0.0 ? small : big, rest = logit < 0.0 ? big : small;
    const Doubles odds = (1.0 - x.c[k]) * rest / (x.c[k] + (1.0 - x.c[k]) * psi);
    const Doubles step = x.a[k] * psi, info = step * step * odds;
    score += step * (x.right[k] * (odds + 1.0) - 1.0);
    information += info, skew += info * x.a[k] * (rest - psi);
  }
  return {sum_of(score), sum_of(information), sum_of(skew)};
}

// log P(answers | theta) but for a constant. Logarithms of products: one for 16 answers.
ALWAYS_INLINE double loglik_at(double theta, const Pattern& x) {
  Doubles sum = {}, product = splat(1.0);
  double logs = 0.0;
  for (int64_t k = 0; k < x.n; ++k) {
    const Doubles logit = x.a[k] * theta + x.d[k], e = exp_of(-magnitude(logit)), zero = {};
    const Doubles above = larger(logit, zero), below = smaller(logit, zero);
    const Doubles guess = logit > 0.0 ? x.c[k] * e + 1.0 : x.c[k] + e;
    const Doubles has_guess = x.c[k] > 1e-15 ? x.right[k] : zero;
    sum += (x.right[k] - has_guess) * below - (1.0 - x.right[k]) * above;
    product *= (has_guess * (guess - 1.0) + 1.0) / (1.0 + e);
    if (k % 16 == 15 || k + 1 == x.n) {
      for (int l = 0; l < LANES; ++l) logs += __builtin_log(product[l]);
      product = splat(1.0);
    }
  }
  return sum_of(sum) + logs;
}

struct Moments {
  double mean, sd;
};

// Posterior mean and sd on nodes around `at`, half a `scale` apart.
ALWAYS_INLINE Moments local_moments(const Pattern& x, const Abilities& s, Moments at) {
  constexpr int N = 2 * HALF_LOCAL + 1;
  double value[N], top = -__builtin_inf(), total = 0.0, first = 0.0, second = 0.0;
  for (int q = 0; q < N; ++q) {
    const double theta = at.mean + 0.5 * (q - HALF_LOCAL) * at.sd, z = (theta - s.mean) / s.sd;
    value[q] = loglik_at(theta, x) - 0.5 * z * z;
    if (value[q] > top) top = value[q];
  }
  for (int q = 0; q < N; ++q) {
    const double w = __builtin_exp(value[q] - top), step = 0.5 * (q - HALF_LOCAL);
    total += w, first += w * step, second += w * step * step;
  }
  first /= total;
  const double variance = second / total - first * first;
  return {at.mean + first * at.sd, at.sd * __builtin_sqrt(variance > 1e-4 ? variance : 1e-4)};
}

// Newton's method to the posterior mode, then nodes there; repeated where the posterior differs from the normal at the
// mode.
ALWAYS_INLINE Moments local_posterior(const Pattern& x, const Abilities& s, double theta) {
  const double precision = 1.0 / (s.sd * s.sd);
  Moments at = {theta, s.sd};
  for (int round = 0; round < 30; ++round) {
    const Point p = point_at(at.mean, x);
    const double step = (p.score - (at.mean - s.mean) * precision) / (p.information + precision);
    at.sd = 1.0 / __builtin_sqrt(p.information + precision);
    at.mean += step > 0.5 ? 0.5 : step < -0.5 ? -0.5 : step;
    if (__builtin_fabs(step) < 0.05 * at.sd) break;
  }
  for (int round = 0; round < 4; ++round) {
    const Moments found = local_moments(x, s, at);
    const double ratio = found.sd / at.sd, shift = __builtin_fabs(found.mean - at.mean) / at.sd;
    at = found;
    if (ratio > 0.75 && ratio < 1.33 && shift < 1.0) break;
  }
  return at;
}

// The node with the largest weighted likelihood l + integral of J / 2I (for the 2PL: l + log(I) / 2).
ALWAYS_INLINE int best_node(int nv, const Floats* loglik, const Floats* information, const Floats* skew,
                            float spacing, bool linear) {
  int best = 0;
  double weight = 0.0, top = -__builtin_inf(), before = 0.0;
  for (int q = 0; q < nv * WIDTH; ++q) {
    const double info = information[q / WIDTH][q % WIDTH] > 1e-30f ? information[q / WIDTH][q % WIDTH] : 1e-30f;
    const double half = 0.5 * skew[q / WIDTH][q % WIDTH] / info;
    weight = linear ? 0.5 * __builtin_log(info) : q == 0 ? 0.0 : weight + 0.5 * spacing * (half + before);
    before = half;
    if (loglik[q / WIDTH][q % WIDTH] + weight > top) top = loglik[q / WIDTH][q % WIDTH] + weight, best = q;
  }
  return best;
}

ALWAYS_INLINE double warm(const Point& p) {
  return p.score + 0.5 * p.skew / (p.information > 1e-300 ? p.information : 1e-300);
}

// Root of l' + J / 2I near `start`: secant steps inside a bracket of one spacing to each side, within the grid.
ALWAYS_INLINE Moments warm_estimate(const Pattern& x, double start, double spacing, double lowest,
                                    double highest) {
  double low = start - spacing > lowest ? start - spacing : lowest;
  double high = start + spacing < highest ? start + spacing : highest;
  double theta = start, last = 0.0, last_value = 0.0, slope = 0.0, information = 0.0;
  for (int round = 0; round < 60; ++round) {
    const Point p = point_at(theta, x);
    const double value = warm(p);
    information = p.information;
    (value > 0.0 ? low : high) = theta;
    slope = round == 0 ? -p.information : (value - last_value) / (theta - last);
    double next = slope < 0.0 ? theta - value / slope : 0.5 * (low + high);
    if (next >= high) next = 0.5 * (theta + high);
    if (next <= low) next = 0.5 * (theta + low);
    if (__builtin_fabs(next - theta) < 1e-7) break;
    last = theta, last_value = value, theta = next;
  }
  return {theta, 1.0 / __builtin_sqrt(information > 1e-12 ? information : 1e-12)};
}

template <int NV>
ALWAYS_INLINE Moments grid_moments(const Floats* w, const Floats* node) {
  Floats first = {}, second = {};
  for (int v = 0; v < NV; ++v) first += w[v] * node[v];
  const float mean = sum_of(first);
  for (int v = 0; v < NV; ++v) second += w[v] * (node[v] - mean) * (node[v] - mean);
  return {mean, __builtin_sqrt((double)sum_of(second))};
}

template <bool LINEAR>
ALWAYS_INLINE void ability(Abilities& s, int64_t i) {
  constexpr int NV = 4;
  const Floats *node = (const Floats*)s.grid.node, *prior = (const Floats*)s.grid.log_weight;
  const float spacing = s.grid.node[1] - s.grid.node[0];
  Floats loglik[NV], w[NV], information[NV] = {}, skew[NV] = {};
  row_loglik<NV, LINEAR>(s.rows, i, node, s.table, s.slope, loglik);
  for (int64_t k = s.rows.start[i]; k < s.rows.start[i + 1]; ++k) {
    const size_t row = (size_t)(s.rows.code[k] >> 1) * NV;
    for (int v = 0; v < NV; ++v) information[v] += ((const Floats*)s.information)[row + v];
    if (!LINEAR)
      for (int v = 0; v < NV; ++v) skew[v] += ((const Floats*)s.skew)[row + v];
  }
  for (int v = 0; v < NV; ++v) w[v] = loglik[v] + prior[v];
  normalise<NV>(w);
  const Pattern x = unpack(s, i);
  Moments eap = grid_moments<NV>(w, node);
  if (spacing > WIDEST * eap.sd) eap = local_posterior(x, s, eap.mean);
  const int best = best_node(NV, loglik, information, skew, spacing, LINEAR);
  const Moments wle = warm_estimate(x, s.grid.node[best], spacing, s.grid.node[0], s.grid.node[NV * WIDTH - 1]);
  s.eap[i] = eap.mean, s.eap_se[i] = eap.sd;
  s.wle[i] = wle.mean, s.wle_se[i] = wle.sd;
}

FOR_EACH_PROCESSOR void abilities(Abilities& s) {
  for (int64_t i = s.first; i < s.last; ++i) {
    if (s.rows.start[i] == s.rows.start[i + 1]) continue;
    s.linear ? ability<true>(s, i) : ability<false>(s, i);
  }
}

}  // namespace sparseirt::kernels
