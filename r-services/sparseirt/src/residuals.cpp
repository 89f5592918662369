#include "residuals.h"

#include <cmath>

namespace sparseirt {

namespace {

constexpr uint32_t NONE = 0xffffffffu;

struct Answer {
  int place;
  double residual;
};

struct Sums {
  double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
};

size_t pair_at(int x, int y) {  // x > y
  return static_cast<size_t>(x) * (x - 1) / 2 + y;
}

// Calls use(answers of a row) for every stride-th row.
template <class Use>
void each_row(const Answers& answers, const State& items, const double* theta, const std::vector<int>& chosen,
              int64_t stride, const Use& use) {
  std::vector<Answer> row;
  for (int64_t i = 0; i < answers.n_rows; i += stride) {
    row.clear();
    for (int64_t k = answers.start[i]; k < answers.start[i + 1]; ++k) {
      const uint32_t item = answers.code[k] >> 1;
      if (chosen[item] < 0) continue;
      const double logit = items.a[item] * theta[i] + items.d[item];
      const double p = items.c[item] + (1.0 - items.c[item]) / (1.0 + std::exp(-logit));
      row.push_back({chosen[item], (answers.code[k] & 1) - p});
    }
    use(row);
  }
}

template <class Use>
void each_pair(const std::vector<Answer>& row, const Use& use) {
  for (size_t x = 1; x < row.size(); ++x) {
    for (size_t y = 0; y < x; ++y) {
      const bool ordered = row[x].place > row[y].place;
      const Answer &high = ordered ? row[x] : row[y], &low = ordered ? row[y] : row[x];
      if (high.place != low.place) use(pair_at(high.place, low.place), high.residual, low.residual);
    }
  }
}

double correlation_of(const Sums& s) {
  const double xy = s.xy - s.x * s.y / s.n, xx = s.xx - s.x * s.x / s.n, yy = s.yy - s.y * s.y / s.n;
  return xx > 0.0 && yy > 0.0 ? xy / std::sqrt(xx * yy) : std::nan("");
}

}  // namespace

Pairs residual_correlations(const Answers& answers, const State& items, const double* theta,
                            const std::vector<int>& chosen, int64_t stride, int fewest) {
  const int n_chosen = 1 + *std::max_element(chosen.begin(), chosen.end());
  std::vector<uint32_t> slot(pair_at(n_chosen, 0), 0);
  each_row(answers, items, theta, chosen, stride, [&](const std::vector<Answer>& row) {
    each_pair(row, [&](size_t pair, double, double) { ++slot[pair]; });
  });
  uint32_t n_kept = 0;
  for (uint32_t& count : slot) count = count >= static_cast<uint32_t>(fewest) ? n_kept++ : NONE;
  std::vector<Sums> sums(n_kept);
  each_row(answers, items, theta, chosen, stride, [&](const std::vector<Answer>& row) {
    each_pair(row, [&](size_t pair, double x, double y) {
      if (slot[pair] == NONE) return;
      Sums& s = sums[slot[pair]];
      s.n += 1, s.x += x, s.y += y, s.xx += x * x, s.yy += y * y, s.xy += x * y;
    });
  });
  Pairs pairs;
  for (int x = 1; x < n_chosen; ++x) {
    for (int y = 0; y < x; ++y) {
      const uint32_t at = slot[pair_at(x, y)];
      if (at == NONE) continue;
      pairs.first.push_back(y), pairs.second.push_back(x);
      pairs.n.push_back(sums[at].n), pairs.correlation.push_back(correlation_of(sums[at]));
    }
  }
  return pairs;
}

}  // namespace sparseirt
