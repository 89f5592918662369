// Tables of items at nodes. Everything here is elementwise, so the loops are over whole vectors.
namespace sparseirt::kernels {

// logistic(x) and its complement, both exact in the tails.
ALWAYS_INLINE void logistic(Floats x, Floats& p, Floats& q) {
  const Floats e = exp_of(-magnitude(x)), big = 1.0f / (1.0f + e), small = e * big;
  p = x < 0.0f ? small : big;
  q = x < 0.0f ? big : small;
}

ALWAYS_INLINE Floats softplus(Floats x) { return larger(x, Floats{}) + log1p_of(exp_of(-magnitude(x))); }

// log(c + (1 - c) logistic(x))
ALWAYS_INLINE Floats log_right(Floats x, Floats soft, float c) {
  if (c == 0.0f) return x - soft;
  const Floats top = larger(x, Floats{});
  return log_of(c * exp_of(-top) + exp_of(x - top)) + top - soft;
}

FOR_EACH_PROCESSOR void log_table(const LogTable& t, int first, int last) {
  const int nv = t.grid.n / WIDTH;
  const Floats* node = (const Floats*)t.grid.node;
  Floats* table = (Floats*)t.table;
  for (int j = first; j < last; ++j) {
    const float a = (float)t.items.a[j], d = (float)t.items.d[j], c = (float)t.items.c[j];
    const float log_rest = (float)__builtin_log1p(-t.items.c[j]);
    if (t.linear) {
      float* slope = t.slope + 4 * (size_t)j;
      slope[0] = slope[1] = 0.0f, slope[2] = a, slope[3] = d;
    }
    for (int v = 0; v < nv; ++v) {
      const Floats x = a * node[v] + d, soft = softplus(x);
      if (t.linear) {
        table[(size_t)j * nv + v] = -soft;
      } else {
        table[(size_t)2 * j * nv + v] = log_rest - soft;
        table[((size_t)2 * j + 1) * nv + v] = log_right(x, soft, c);
      }
    }
  }
}

// d log P(answer) / dd and / dc by code.
FOR_EACH_PROCESSOR void derivatives(const LogTable& t, float* by_d, float* by_c, int first, int last) {
  const int nv = t.grid.n / WIDTH;
  const Floats* node = (const Floats*)t.grid.node;
  for (int j = first; j < last; ++j) {
    const float a = (float)t.items.a[j], d = (float)t.items.d[j], c = (float)t.items.c[j];
    for (int v = 0; v < nv; ++v) {
      Floats psi, rest;
      logistic(a * node[v] + d, psi, rest);
      const Floats p = c + (1.0f - c) * psi;
      const size_t wrong = (size_t)2 * j * nv + v, right = wrong + nv;
      ((Floats*)by_d)[wrong] = -psi;
      ((Floats*)by_d)[right] = (1.0f - c) * psi * rest / p;
      if (!by_c) continue;
      ((Floats*)by_c)[wrong] = splat(-1.0f / (1.0f - c));
      ((Floats*)by_c)[right] = rest / p;
    }
  }
}

// Information P'^2 / (PQ) and Warm's J = P'P'' / (PQ), with P' = (1-c) a psi rest, P'' = P' a (rest - psi).
FOR_EACH_PROCESSOR void warm_tables(const LogTable& t, float* information, float* skew, int first, int last) {
  const int nv = t.grid.n / WIDTH;
  const Floats* node = (const Floats*)t.grid.node;
  for (int j = first; j < last; ++j) {
    const float a = (float)t.items.a[j], d = (float)t.items.d[j], c = (float)t.items.c[j];
    for (int v = 0; v < nv; ++v) {
      Floats psi, rest;
      logistic(a * node[v] + d, psi, rest);
      const Floats p = c + (1.0f - c) * psi;
      const Floats info = (1.0f - c) * a * a * psi * psi * rest / p;
      ((Floats*)information)[(size_t)j * nv + v] = info;
      ((Floats*)skew)[(size_t)j * nv + v] = info * a * (rest - psi);
    }
  }
}

}  // namespace sparseirt::kernels
