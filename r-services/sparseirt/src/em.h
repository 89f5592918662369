// Marginal maximum likelihood by EM (Bock and Aitkin 1981) with parameter expansion (Liu, Rubin and Wu 1998) and
// Anderson acceleration (Walker and Ni 2011).
#ifndef SPARSEIRT_EM_H
#define SPARSEIRT_EM_H

#include <functional>
#include <vector>

#include "answers.h"
#include "nodes.h"

namespace sparseirt {

struct State {
  std::vector<double> a, d, c;
  double mean, sd;  // of theta in the group
  Items items() { return {static_cast<int>(a.size()), a.data(), d.data(), c.data()}; }
};

// How the scale is fixed: theta is N(0, 1); all slopes are 1 and the sd is free; anchors, with mean and sd free.
enum class Scale { STANDARD, RASCH, ANCHORED };

struct Plan {
  std::vector<uint8_t> free;  // by item
  Penalty penalty;
  bool learns_centre;  // of log a; penalty.log_a_mean is where it starts
  Scale scale;
  int n_nodes, threads, max_iterations;
  double tolerance;
};

struct Expected {  // results of an E-step besides the counts
  double loglik;
  std::vector<double> node_total;
};

// Counts of the blocks; freed with the estimator.
struct Counts {
  std::vector<Array<float>> count;
  std::vector<Array<double>> right_theta;
  Counts(size_t rows, int n_nodes, size_t codes)
      : count(N_BLOCKS, Array<float>(rows * n_nodes)), right_theta(N_BLOCKS, Array<double>(codes)) {}
};

class Anderson;

class Em {
 public:
  // Called after each iteration: number, largest change of a parameter, log-likelihood.
  using Progress = std::function<void(int, double, double)>;

  // `may_be_linear` false: counts of wrong and right answers apart, whatever the items.
  Em(const Answers& answers, Plan plan, State start, bool may_be_linear = true);
  void run(const Progress& progress);
  Expected expect();
  // Where the prior of log a has its mode.
  double centre() const;
  // Expected answers by item and node: the E-step's counts as they are. `right`: 2 x item + right rows.
  const Array<float>& sum_counts();

  State state;
  bool converged = false, never_fell = true;
  int iterations = 0, rejected = 0;
  double change = 0.0;
  std::vector<double> objective, loglik;  // of the accepted points

 private:
  void maximise();
  bool accelerate(Anderson& anderson, const std::vector<double>& x);
  void expand(const Expected& expected);
  void expand_standard(double mean, double variance, double n);
  double log_prior() const;
  std::vector<double> packed() const;
  void unpack(const std::vector<double>& x);
  double natural_change(const State& before) const;

  const Answers& answers;
  Plan plan;
  bool linear;
  Nodes nodes;
  Array<float> table, slope;
  Counts counts;
};

}  // namespace sparseirt
#endif
