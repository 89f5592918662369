// The log-likelihood in double precision: what is reported, compared and tested.
namespace sparseirt::kernels {

FOR_EACH_PROCESSOR void exact_table(const LogTable& t, const double* node, double* table, int first, int last) {
  for (int j = first; j < last; ++j) {
    const double a = t.items.a[j], d = t.items.d[j], c = t.items.c[j];
    double *wrong = table + (size_t)2 * j * t.grid.n, *right = wrong + t.grid.n;
    for (int q = 0; q < t.grid.n; ++q) {
      const double x = a * node[q] + d, e = __builtin_exp(-__builtin_fabs(x)), top = x > 0.0 ? x : 0.0;
      const double soft = top + __builtin_log1p(e);
      wrong[q] = __builtin_log1p(-c) - soft;
      right[q] = c == 0.0 ? x - soft : __builtin_log(x > 0.0 ? c * e + 1.0 : c + e) + top - soft;
    }
  }
}

template <int ND>
ALWAYS_INLINE void exact_rows(Exact& s) {
  double loglik = 0.0;
  for (int64_t i = s.first; i < s.last; ++i) {
    if (s.rows.start[i] == s.rows.start[i + 1]) continue;
    Doubles sum[ND];
    for (int v = 0; v < ND; ++v) sum[v] = ((const Doubles*)s.log_weight)[v];
    for (int64_t k = s.rows.start[i]; k < s.rows.start[i + 1]; ++k) {
      const Doubles* row = (const Doubles*)s.table + (size_t)s.rows.code[k] * ND;
      for (int v = 0; v < ND; ++v) sum[v] += row[v];
    }
    Doubles top = sum[0], total = {};
    for (int v = 1; v < ND; ++v) top = larger(top, sum[v]);
    double peak = top[0];
    for (int l = 1; l < 8; ++l) peak = top[l] > peak ? top[l] : peak;
    for (int v = 0; v < ND; ++v) total += exp_of(sum[v] - peak);
    loglik += peak + __builtin_log(sum_of(total));
  }
  s.loglik = loglik;
}

FOR_EACH_PROCESSOR void exact(Exact& s) {
  switch (s.grid.n / WIDTH) {
    case 3: return exact_rows<6>(s);
    case 4: return exact_rows<8>(s);
    case 8: return exact_rows<16>(s);
    default: return exact_rows<32>(s);
  }
}

}  // namespace sparseirt::kernels
