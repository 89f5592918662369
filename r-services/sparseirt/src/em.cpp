#include "em.h"

#include <cmath>

#include <numerics/parallel.h>

#include "anderson.h"

namespace sparseirt {

namespace {

constexpr int ITEM_RANGES = 16;
// A step is accepted unless the objective fell by more than this share of the log-likelihood: single precision is
// noisy at that level, and a few useful steps are not quite uphill. The noise of a learner's part does not shrink with
// it, so a learner counts for at least LEAST_LOGLIK.
constexpr double MAY_FALL = 1e-7;
constexpr double LEAST_LOGLIK = 10.0;
constexpr double SMALLEST_SHARE = 1e-3;
constexpr double LARGEST_LEAP = 2.0;  // of an accelerated step beyond the plain one, in any parameter

std::vector<double> between(const std::vector<double>& x, const std::vector<double>& y, double share) {
  std::vector<double> point(x.size());
  for (size_t k = 0; k < x.size(); ++k) point[k] = x[k] + share * (y[k] - x[k]);
  return point;
}

bool all_zero(const std::vector<double>& x) {
  return std::all_of(x.begin(), x.end(), [](double one) { return one == 0.0; });
}

}  // namespace

Em::Em(const Answers& answers, Plan given, State start, bool may_be_linear)
    : state(std::move(start)), answers(answers), plan(std::move(given)),
      linear(may_be_linear && all_zero(state.c)), nodes(plan.n_nodes, -RANGE, RANGE, 0.0, 1.0),
      table(static_cast<size_t>(answers.n_items) * (linear ? 1 : 2) * plan.n_nodes),
      slope(static_cast<size_t>(answers.n_items) * 4),
      counts(static_cast<size_t>(answers.n_items) * (linear ? 1 : 2), plan.n_nodes,
             linear ? static_cast<size_t>(answers.n_items) * 2 : 0) {}

Expected Em::expect() {
  nodes.place(state.mean, state.sd);
  const LogTable log_table{state.items(), nodes.grid(), linear, table.get(), slope.get()};
  each_range(answers.n_items, ITEM_RANGES, plan.threads,
             [&](int, int64_t from, int64_t to) { kernels::log_table(log_table, from, to); });
  std::vector<Array<double>> totals(N_BLOCKS, Array<double>(plan.n_nodes));
  std::vector<double> logliks(N_BLOCKS);
  each_piece(N_BLOCKS, plan.threads, [&](int b) {
    EStep step{answers.rows(), nodes.grid(), linear, table.get(), slope.get(), answers.cut(b, N_BLOCKS),
               answers.cut(b + 1, N_BLOCKS), counts.count[b].get(), counts.right_theta[b].get(), totals[b].get(), 0.0};
    kernels::expect(step);
    logliks[b] = step.loglik;
  });
  Expected expected{0.0, std::vector<double>(plan.n_nodes)};
  for (int b = 0; b < N_BLOCKS; ++b) {
    expected.loglik += logliks[b];
    for (int q = 0; q < plan.n_nodes; ++q) expected.node_total[q] += totals[b][q];
  }
  return expected;
}

void Em::maximise() {
  std::vector<float*> count;
  std::vector<double*> right_theta;
  for (int b = 0; b < N_BLOCKS; ++b)
    count.push_back(counts.count[b].get()), right_theta.push_back(counts.right_theta[b].get());
  plan.penalty.log_a_mean = centre();
  const MStep step{state.items(), nodes.grid(), linear, N_BLOCKS, count.data(), right_theta.data(),
                   answers.n_right.data(), plan.free.data(), plan.penalty};
  each_range(answers.n_items, ITEM_RANGES, plan.threads,
             [&](int, int64_t from, int64_t to) { kernels::maximise(step, from, to); });
}

const Array<float>& Em::sum_counts() {
  Array<float>& sum = counts.count[0];
  for (int b = 1; b < N_BLOCKS; ++b)
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += counts.count[b][i];
  return sum;
}

// Mean and sd of theta in the pooled posterior are moved to what the scale leaves free: the group, or the items.
void Em::expand(const Expected& expected) {
  double n = 0.0, mean = 0.0, variance = 0.0;
  for (int q = 0; q < plan.n_nodes; ++q) n += expected.node_total[q], mean += expected.node_total[q] * nodes.z[q];
  mean /= n;
  for (int q = 0; q < plan.n_nodes; ++q)
    variance += expected.node_total[q] * (nodes.z[q] - mean) * (nodes.z[q] - mean) / n;
  if (plan.scale == Scale::STANDARD) return expand_standard(mean, variance, n);
  const double shift = state.sd * mean;
  state.sd *= std::sqrt(std::max(variance, 1e-6));
  if (plan.scale == Scale::ANCHORED) state.mean += shift;
  if (plan.scale == Scale::RASCH)
    for (double& d : state.d) d += shift;
}

// a <- a s, d <- d + a m, with the m and s that maximise the normal likelihood of theta plus the priors of a and d. A
// learned centre of log a moves along with the scale.
void Em::expand_standard(double mean, double variance, double n) {
  const Penalty& prior = plan.penalty;
  double log_a = 0.0, ad = 0.0, aa = 0.0, m = mean, log_s = 0.5 * std::log(std::max(variance, 1e-6));
  for (size_t j = 0; j < state.a.size(); ++j) {
    log_a += std::log(state.a[j]) - prior.log_a_mean;
    ad += state.a[j] * state.d[j], aa += state.a[j] * state.a[j];
  }
  const double n_items = static_cast<double>(state.a.size()), pull = plan.learns_centre ? 0.0 : prior.log_a;
  for (int round = 0; round < 20; ++round) {
    const double precision = n * std::exp(-2.0 * log_s);
    m = (precision * mean - prior.d * ad) / (precision + prior.d * aa);
    const double spread = precision * (variance + (mean - m) * (mean - m));
    const double gradient = spread - n - pull * (log_a + n_items * log_s) + prior.log_a_tilt * n_items;
    const double step = gradient / (2.0 * spread + pull * n_items);
    log_s += std::max(-0.5, std::min(0.5, step));
    if (std::fabs(step) < 1e-12) break;
  }
  for (size_t j = 0; j < state.a.size(); ++j) state.d[j] += state.a[j] * m, state.a[j] *= std::exp(log_s);
}

// A learned centre has a flat prior, so at the joint mode it is the mean of log a.
double Em::centre() const {
  if (!plan.learns_centre) return plan.penalty.log_a_mean;
  double sum = 0.0;
  for (const double a : state.a) sum += std::log(a);
  return sum / static_cast<double>(state.a.size());
}

// Up to a constant.
double Em::log_prior() const {
  const Penalty& prior = plan.penalty;
  const double log_a_mean = centre();
  double sum = 0.0;
  for (size_t j = 0; j < state.a.size(); ++j) {
    if (plan.free[j] == FIXED) continue;
    const double log_a = std::log(state.a[j]);
    if (plan.free[j] >= FREE_AD)
      sum += prior.log_a_tilt * log_a - 0.5 * prior.log_a * (log_a - log_a_mean) * (log_a - log_a_mean);
    sum -= 0.5 * prior.d * state.d[j] * state.d[j];
    if (plan.free[j] != FREE_ADC) continue;
    const double from_mean = std::log(state.c[j] / (1.0 - state.c[j])) - prior.logit_c_mean;
    sum -= 0.5 * prior.logit_c * from_mean * from_mean;
  }
  return sum;
}

std::vector<double> Em::packed() const {
  std::vector<double> x;
  x.reserve(3 * state.a.size() + 2);
  for (size_t j = 0; j < state.a.size(); ++j) {
    if (plan.free[j] >= FREE_AD) x.push_back(std::log(state.a[j]));
    if (plan.free[j] >= FREE_D) x.push_back(state.d[j]);
    if (plan.free[j] == FREE_ADC) x.push_back(std::log(state.c[j] / (1.0 - state.c[j])));
  }
  if (plan.scale != Scale::STANDARD) x.push_back(std::log(state.sd));
  if (plan.scale == Scale::ANCHORED) x.push_back(state.mean);
  return x;
}

void Em::unpack(const std::vector<double>& x) {
  const auto within = [](double value, double low, double high) { return std::max(low, std::min(high, value)); };
  size_t k = 0;
  for (size_t j = 0; j < state.a.size(); ++j) {
    if (plan.free[j] >= FREE_AD) state.a[j] = std::exp(within(x[k++], -5.0, 5.0));
    if (plan.free[j] >= FREE_D) state.d[j] = within(x[k++], -50.0, 50.0);
    if (plan.free[j] == FREE_ADC) state.c[j] = 1.0 / (1.0 + std::exp(-within(x[k++], -12.0, 4.0)));
  }
  if (plan.scale != Scale::STANDARD) state.sd = std::exp(within(x[k++], -5.0, 5.0));
  if (plan.scale == Scale::ANCHORED) state.mean = x[k];
}

double Em::natural_change(const State& before) const {
  double largest = std::max(std::fabs(state.mean - before.mean), std::fabs(state.sd - before.sd));
  for (size_t j = 0; j < state.a.size(); ++j) {
    largest = std::max({largest, std::fabs(state.a[j] - before.a[j]), std::fabs(state.d[j] - before.d[j]),
                        std::fabs(state.c[j] - before.c[j])});
  }
  return largest;
}

// A point that is worse than the last one is replaced by the plain EM step from the last one; where that overshoots
// too, by a half, a quarter, ... of the step.
void Em::run(const Progress& progress) {
  Anderson anderson;
  std::vector<double> last, plain;
  double share = 0.0;  // of the way from last to plain that was taken; 0 where the point is an accelerated one
  while (iterations < plan.max_iterations && !converged) {
    const State here = state;
    const std::vector<double> x = packed();
    const Expected expected = expect();
    const double value = expected.loglik + log_prior();
    const double noise = MAY_FALL * std::max(std::fabs(expected.loglik), LEAST_LOGLIK * answers.n_active);
    const bool fell = !objective.empty() && !(value >= objective.back() - noise);
    ++iterations;
    maximise();  // empties the counts, too
    if (fell && (share == 0.0 || share > SMALLEST_SHARE)) {
      share = share == 0.0 ? 1.0 : 0.5 * share, ++rejected;
      unpack(between(last, plain, share));
      anderson.forget();
      continue;
    }
    expand(expected);
    never_fell = never_fell && !fell;
    objective.push_back(value), loglik.push_back(expected.loglik);
    change = natural_change(here), converged = change < plan.tolerance;
    progress(iterations, change, expected.loglik);
    last = x, plain = packed();
    if (!converged) share = accelerate(anderson, x) ? 0.0 : 1.0;
  }
}

// Tries an accelerated step from the plain one; false if the plain step stays.
bool Em::accelerate(Anderson& anderson, const std::vector<double>& x) {
  const std::vector<double> plain = packed(), next = anderson.next(x, plain);
  double leap = 0.0;
  for (size_t k = 0; k < next.size(); ++k) leap = std::max(leap, std::fabs(next[k] - plain[k]));
  if (leap == 0.0 || !(leap < LARGEST_LEAP)) return false;
  unpack(next);
  return true;
}

}  // namespace sparseirt
