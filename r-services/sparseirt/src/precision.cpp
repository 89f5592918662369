#include "precision.h"

#include <numerics/parallel.h>

namespace sparseirt {

namespace {

constexpr int RANGES = 16;
constexpr int SLICES = 512;  // of the learners, for a sample of them

bool without_guessing(const State& state) {
  return std::all_of(state.c.begin(), state.c.end(), [](double c) { return c == 0.0; });
}

}  // namespace

double exact_loglik(const Answers& answers, State state, int n_nodes, int threads) {
  Nodes nodes(n_nodes, -RANGE, RANGE, 0.0, 1.0);
  Array<double> node(n_nodes), table(static_cast<size_t>(answers.n_items) * 2 * n_nodes);
  for (int q = 0; q < n_nodes; ++q) node[q] = state.mean + state.sd * nodes.z[q];
  const LogTable items{state.items(), nodes.grid(), false, nullptr, nullptr};
  each_range(answers.n_items, RANGES, threads, [&](int, int64_t from, int64_t to) {
    kernels::exact_table(items, node.get(), table.get(), from, to);
  });
  std::vector<double> sums(N_BLOCKS);
  each_piece(N_BLOCKS, threads, [&](int b) {
    Exact task{answers.rows(), nodes.grid(), table.get(), nodes.log_weight.get(), answers.cut(b, N_BLOCKS),
               answers.cut(b + 1, N_BLOCKS), 0.0};
    kernels::exact(task);
    sums[b] = task.loglik;
  });
  double loglik = 0.0;
  for (double sum : sums) loglik += sum;
  return loglik;
}

CrossProducts cross_products(const Answers& answers, State state, int n_nodes, bool guessing, int stride, bool full,
                             int threads) {
  const bool linear = without_guessing(state);
  const size_t rows = static_cast<size_t>(answers.n_items), cells = rows * n_nodes;
  Nodes nodes(n_nodes, -RANGE, RANGE, 0.0, 1.0);
  nodes.place(state.mean, state.sd);
  Array<float> table(cells * (linear ? 1 : 2)), slope(rows * 4), by_d(cells * 2), by_c(guessing ? cells * 2 : 0);
  const LogTable items{state.items(), nodes.grid(), linear, table.get(), slope.get()};
  each_range(answers.n_items, RANGES, threads, [&](int, int64_t from, int64_t to) {
    kernels::log_table(items, from, to);
    kernels::derivatives(items, by_d.get(), guessing ? by_c.get() : nullptr, from, to);
  });
  std::vector<CrossProducts> sums(N_BLOCKS);
  const size_t size = rows * (guessing ? 3 : 2) + 2, room = full ? 3 * answers.longest() + 2 : 0;
  each_piece(N_BLOCKS, threads, [&](int b) {
    sums[b].by_item.assign(6 * rows, 0.0);
    if (full) sums[b].full.assign(size * size, 0.0);
    std::vector<double> value(room);
    std::vector<int64_t> place(room);
    for (int slice = b * (SLICES / N_BLOCKS); slice < (b + 1) * (SLICES / N_BLOCKS); ++slice) {
      if (slice % stride != 0) continue;
      Scores task{answers.rows(), nodes.grid(), linear, guessing, table.get(), slope.get(), by_d.get(), by_c.get(),
                  answers.cut(slice, SLICES), answers.cut(slice + 1, SLICES), sums[b].by_item.data(),
                  full ? sums[b].full.data() : nullptr, state.mean, state.sd, value.data(), place.data(),
                  answers.n_items};
      kernels::cross_products(task);
    }
  });
  for (int b = 1; b < N_BLOCKS; ++b) {
    for (size_t i = 0; i < sums[0].by_item.size(); ++i) sums[0].by_item[i] += sums[b].by_item[i];
    for (size_t i = 0; i < sums[0].full.size(); ++i) sums[0].full[i] += sums[b].full[i];
  }
  return std::move(sums[0]);
}

}  // namespace sparseirt
