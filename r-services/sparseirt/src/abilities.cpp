#include "abilities.h"

#include <numerics/parallel.h>

namespace sparseirt {

namespace {

constexpr int N_NODES = 64;
constexpr int PIECES = 64;

bool no_guessing(const State& items) {
  return std::all_of(items.c.begin(), items.c.end(), [](double c) { return c == 0.0; });
}

}  // namespace

AbilityTables::AbilityTables(State given, double mean, double sd, int threads)
    : items(std::move(given)), mean(mean), sd(sd), linear(no_guessing(items)),
      nodes(N_NODES, -ABILITY_RANGE, ABILITY_RANGE, mean, sd),
      table(items.a.size() * (linear ? 1 : 2) * N_NODES), slope(items.a.size() * 4),
      information(items.a.size() * N_NODES), skew(items.a.size() * N_NODES) {
  const LogTable tables{items.items(), nodes.grid(), linear, table.get(), slope.get()};
  each_range(items.a.size(), PIECES, threads, [&](int, int64_t from, int64_t to) {
    kernels::log_table(tables, from, to);
    kernels::warm_tables(tables, information.get(), skew.get(), from, to);
  });
}

void AbilityTables::score(const Answers& answers, int threads, double* eap, double* eap_se, double* wle,
                          double* wle_se) {
  const size_t room = 4 * static_cast<size_t>(answers.longest() + 8);
  each_piece(PIECES, threads, [&](int piece) {
    Array<double> buffer(room);
    Abilities task{answers.rows(), nodes.grid(), items.items(), linear, table.get(), slope.get(), information.get(),
                   skew.get(), mean, sd, answers.cut(piece, PIECES), answers.cut(piece + 1, PIECES), buffer.get(),
                   eap, eap_se, wle, wle_se};
    kernels::abilities(task);
  });
}

}  // namespace sparseirt
