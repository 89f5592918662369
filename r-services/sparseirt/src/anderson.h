// Anderson acceleration of a fixed-point map g, type II: the combination of the last steps whose residuals cancel best.
#ifndef SPARSEIRT_ANDERSON_H
#define SPARSEIRT_ANDERSON_H

#include <cmath>
#include <deque>
#include <vector>

namespace sparseirt {

class Anderson {
 public:
  static constexpr size_t MEMORY = 5;
  static constexpr double RIDGE = 1e-10;

  void forget() { previous_g.clear(), differences_f.clear(), differences_g.clear(); }

  // The next point to try, from x and g(x).
  std::vector<double> next(const std::vector<double>& x, const std::vector<double>& g) {
    const size_t n = x.size();
    std::vector<double> f(n);
    for (size_t i = 0; i < n; ++i) f[i] = g[i] - x[i];
    if (!previous_g.empty()) {
      remember(differences_f, f, previous_f);
      remember(differences_g, g, previous_g);
    }
    previous_f = f, previous_g = g;
    std::vector<double> result = g;
    const std::vector<double> gamma = weights(f);
    for (size_t m = 0; m < gamma.size(); ++m)
      for (size_t i = 0; i < n; ++i) result[i] -= gamma[m] * differences_g[m][i];
    return result;
  }

 private:
  using Vectors = std::deque<std::vector<double>>;

  static void remember(Vectors& differences, const std::vector<double>& now, const std::vector<double>& before) {
    std::vector<double> difference(now.size());
    for (size_t i = 0; i < now.size(); ++i) difference[i] = now[i] - before[i];
    differences.push_back(std::move(difference));
    if (differences.size() > MEMORY) differences.pop_front();
  }

  static double dot(const std::vector<double>& x, const std::vector<double>& y) {
    double sum = 0.0;
    for (size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
    return sum;
  }

  // Least squares of f on the differences by Cholesky's method, with a small ridge, because the last steps are
  // nearly parallel. Empty if there is still no solution.
  std::vector<double> weights(const std::vector<double>& f) const {
    const size_t m = differences_f.size();
    double root[MEMORY][MEMORY];
    std::vector<double> x(m);
    for (size_t i = 0; i < m; ++i) {
      x[i] = dot(differences_f[i], f);
      for (size_t j = 0; j <= i; ++j) {
        root[i][j] = dot(differences_f[i], differences_f[j]) * (i == j ? 1.0 + RIDGE : 1.0);
        for (size_t k = 0; k < j; ++k) root[i][j] -= root[i][k] * root[j][k];
        if (i == j && !(root[i][i] > 0.0)) return {};
        root[i][j] = i == j ? std::sqrt(root[i][i]) : root[i][j] / root[j][j];
      }
      for (size_t k = 0; k < i; ++k) x[i] -= root[i][k] * x[k];
      x[i] /= root[i][i];
    }
    for (size_t i = m; i-- > 0;) {
      for (size_t k = i + 1; k < m; ++k) x[i] -= root[k][i] * x[k];
      x[i] /= root[i][i];
    }
    return x;
  }

  std::vector<double> previous_f, previous_g;
  Vectors differences_f, differences_g;
};

}  // namespace sparseirt
#endif
