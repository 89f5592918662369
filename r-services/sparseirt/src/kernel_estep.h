// The E-step: posteriors of theta on the nodes. A row's accumulators stay in registers (NV vectors).
namespace sparseirt::kernels {

constexpr int64_t CHUNK = 64;      // answers summed in single precision before they join the row's total
constexpr int FLUSH_EVERY = 256;   // learners whose weights are summed in single precision

// log P(answers of row i | theta) on the nodes.
template <int NV, bool LINEAR>
ALWAYS_INLINE void row_loglik(Rows rows, int64_t i, const Floats* node, const float* table, const float* slope,
                              Floats* sum) {
  const int64_t to = rows.start[i + 1];
  float a = 0.0f, d = 0.0f;
  for (int v = 0; v < NV; ++v) sum[v] = Floats{};
  for (int64_t k = rows.start[i]; k < to;) {
    const int64_t stop = k + CHUNK < to ? k + CHUNK : to;
    Floats part[NV] = {};
    float part_a = 0.0f, part_d = 0.0f;
    for (; k < stop; ++k) {
      const size_t code = rows.code[k];
      const Floats* row = (const Floats*)table + (LINEAR ? code >> 1 : code) * NV;
      for (int v = 0; v < NV; ++v) part[v] += row[v];
      if (LINEAR) part_a += slope[2 * code], part_d += slope[2 * code + 1];
    }
    for (int v = 0; v < NV; ++v) sum[v] += part[v];
    a += part_a, d += part_d;
  }
  if (LINEAR)
    for (int v = 0; v < NV; ++v) sum[v] += a * node[v] + d;
}

struct Normaliser {
  float peak, total;
};

// Turns log weights into weights that add up to 1.
template <int NV>
ALWAYS_INLINE Normaliser normalise(Floats* sum) {
  Floats top = sum[0], total = {};
  for (int v = 1; v < NV; ++v) top = larger(top, sum[v]);
  const float peak = max_of(top);
  for (int v = 0; v < NV; ++v) total += sum[v] = exp_of(sum[v] - peak);
  const float all = sum_of(total), scale = 1.0f / all;
  for (int v = 0; v < NV; ++v) sum[v] *= scale;
  return {peak, all};
}

// Adds up log-likelihoods; one logarithm for many rows.
struct LogSum {
  double sum = 0.0, product = 1.0;
  ALWAYS_INLINE_MEMBER void add(Normaliser row) {
    sum += row.peak, product *= row.total;
    if (product > 1e200) sum += __builtin_log(product), product = 1.0;
  }
  ALWAYS_INLINE_MEMBER double value() const { return sum + __builtin_log(product); }
};

template <int NV>
ALWAYS_INLINE void flush(Floats* total, double* to) {
  for (int v = 0; v < NV; ++v) {
    for (int l = 0; l < WIDTH; ++l) to[v * WIDTH + l] += total[v][l];
    total[v] = Floats{};
  }
}

template <int NV, bool LINEAR>
ALWAYS_INLINE void expect_rows(EStep& s) {
  const Floats *node = (const Floats*)s.grid.node, *prior = (const Floats*)s.grid.log_weight;
  Floats total[NV] = {}, w[NV];
  LogSum loglik;
  int waiting = 0;
  for (int64_t i = s.first; i < s.last; ++i) {
    const int64_t from = s.rows.start[i], to = s.rows.start[i + 1];
    if (from == to) continue;
    row_loglik<NV, LINEAR>(s.rows, i, node, s.table, s.slope, w);
    for (int v = 0; v < NV; ++v) w[v] += prior[v];
    loglik.add(normalise<NV>(w));
    double mean = 0.0;
    if (LINEAR) {
      Floats at_nodes = {};
      for (int v = 0; v < NV; ++v) at_nodes += w[v] * node[v];
      mean = sum_of(at_nodes);
    }
    for (int64_t k = from; k < to; ++k) {
      const size_t code = s.rows.code[k];
      Floats* row = (Floats*)s.count + (LINEAR ? code >> 1 : code) * NV;
      for (int v = 0; v < NV; ++v) row[v] += w[v];
      if (LINEAR) s.right_theta[code] += mean;
    }
    for (int v = 0; v < NV; ++v) total[v] += w[v];
    if (++waiting == FLUSH_EVERY) flush<NV>(total, s.node_total), waiting = 0;
  }
  flush<NV>(total, s.node_total);
  s.loglik = loglik.value();
}

template <bool LINEAR>
ALWAYS_INLINE void expect_as(EStep& s) {
  switch (s.grid.n / WIDTH) {
    case 3: return expect_rows<3, LINEAR>(s);
    case 4: return expect_rows<4, LINEAR>(s);
    case 8: return expect_rows<8, LINEAR>(s);
    default: return expect_rows<16, LINEAR>(s);
  }
}

FOR_EACH_PROCESSOR void expect(EStep& s) { s.linear ? expect_as<true>(s) : expect_as<false>(s); }

// Standard errors: a learner's score for an item is the posterior mean of d log P(answer).
// The scores of one learner, kept for the full matrix.
struct ScoreVector {
  double* value;
  int64_t* place;
  int64_t n = 0;
  ALWAYS_INLINE_MEMBER void add(int64_t at, double x) { place[n] = at, value[n++] = x; }
};

// Outer product into the lower triangle.
ALWAYS_INLINE void add_outer(const ScoreVector& x, double* full, int64_t size) {
  for (int64_t r = 0; r < x.n; ++r) {
    for (int64_t k = 0; k <= r; ++k) {
      const int64_t row = x.place[r] > x.place[k] ? x.place[r] : x.place[k];
      const int64_t column = x.place[r] > x.place[k] ? x.place[k] : x.place[r];
      full[row * size + column] += x.value[r] * x.value[k];
    }
  }
}

// d log of the normal density of theta / d(mean, sd), averaged over the posterior.
template <int NV>
ALWAYS_INLINE void add_group(const Scores& s, const Floats* w, const Floats* node, ScoreVector& x) {
  Floats first = {}, second = {};
  for (int v = 0; v < NV; ++v) {
    const Floats z = (node[v] - (float)s.mean) * (float)(1.0 / s.sd);
    first += w[v] * z, second += w[v] * z * z;
  }
  x.add(s.full_size() - 2, sum_of(first) / s.sd);
  x.add(s.full_size() - 1, (sum_of(second) - 1.0) / s.sd);
}

template <int NV, bool LINEAR>
ALWAYS_INLINE void cross_products_of_rows(Scores& s) {
  const Floats *node = (const Floats*)s.grid.node, *prior = (const Floats*)s.grid.log_weight;
  Floats w[NV], w_node[NV];
  for (int64_t i = s.first; i < s.last; ++i) {
    const int64_t from = s.rows.start[i], to = s.rows.start[i + 1];
    if (from == to) continue;
    row_loglik<NV, LINEAR>(s.rows, i, node, s.table, s.slope, w);
    for (int v = 0; v < NV; ++v) w[v] += prior[v];
    normalise<NV>(w);
    for (int v = 0; v < NV; ++v) w_node[v] = w[v] * node[v];
    ScoreVector learner = {s.value, s.place};
    for (int64_t k = from; k < to; ++k) {
      const size_t code = s.rows.code[k];
      const int64_t at = (int64_t)(code >> 1) * s.per_item();
      const Floats* row = (const Floats*)s.by_d + code * NV;
      Floats for_a = {}, for_d = {}, for_c = {};
      for (int v = 0; v < NV; ++v) for_a += w_node[v] * row[v], for_d += w[v] * row[v];
      const double a = sum_of(for_a), d = sum_of(for_d);
      double* sum = s.sum + 6 * (code >> 1);
      sum[0] += a * a, sum[1] += a * d, sum[2] += d * d;
      if (s.full) learner.add(at, a), learner.add(at + 1, d);
      if (!s.guessing) continue;
      const Floats* row_c = (const Floats*)s.by_c + code * NV;
      for (int v = 0; v < NV; ++v) for_c += w[v] * row_c[v];
      const double c = sum_of(for_c);
      sum[3] += a * c, sum[4] += d * c, sum[5] += c * c;
      if (s.full) learner.add(at + 2, c);
    }
    if (!s.full) continue;
    add_group<NV>(s, w, node, learner);
    add_outer(learner, s.full, s.full_size());
  }
}

template <bool LINEAR>
ALWAYS_INLINE void cross_products_as(Scores& s) {
  switch (s.grid.n / WIDTH) {
    case 3: return cross_products_of_rows<3, LINEAR>(s);
    case 4: return cross_products_of_rows<4, LINEAR>(s);
    case 8: return cross_products_of_rows<8, LINEAR>(s);
    default: return cross_products_of_rows<16, LINEAR>(s);
  }
}

FOR_EACH_PROCESSOR void cross_products(Scores& s) {
  s.linear ? cross_products_as<true>(s) : cross_products_as<false>(s);
}

}  // namespace sparseirt::kernels
