// The loops over answers and nodes, compiled for several processors: see FOR_EACH_PROCESSOR.
#ifndef SPARSEIRT_KERNELS_H
#define SPARSEIRT_KERNELS_H

#include <cstddef>
#include <cstdint>

namespace sparseirt {

// Answers in compressed rows: those of row i are code[start[i]] to code[start[i + 1] - 1], each 2 x item + right.
struct Rows {
  const int64_t* start;
  const uint32_t* code;
};

// Item parameters, P = c + (1 - c) logistic(a theta + d).
struct Items {
  int n;
  double *a, *d, *c;
};

// Nodes of theta, a multiple of 16.
struct Grid {
  int n;
  const float* node;
  const float* log_weight;
};

// Tables for a range of items. `linear` (all c are 0): log P(wrong) by item, since log P(right) - log P(wrong) is
// a theta + d. Otherwise log P(answer) by code.
struct LogTable {
  Items items;
  Grid grid;
  bool linear;
  float* table;
  float* slope;  // by code: (a, d) for a right answer, (0, 0) for a wrong one; linear only
};

// One block's share of an E-step over learners first to last - 1.
struct EStep {
  Rows rows;
  Grid grid;
  bool linear;
  const float* table;
  const float* slope;
  int64_t first, last;
  float* count;         // added to: expected answers at each node, by item (linear) or by code
  double* right_theta;  // added to, by code: sum of E[theta] (linear only)
  double* node_total;   // added to: posterior weights of the learners
  double loglik;        // out
};

enum Free : uint8_t { FIXED = 0, FREE_D = 1, FREE_AD = 2, FREE_ADC = 3 };

// Precisions (1 / variance) of the normal priors, 0 switches one off, with the means of those that have one. `log_a_tilt`:
// gradient of the objective in each log a besides its prior.
struct Penalty {
  double log_a, d, logit_c, log_a_mean, logit_c_mean, log_a_tilt;
};

// M-step for a range of items: two Newton steps (Fisher's information), each at most 1.
struct MStep {
  Items items;
  Grid grid;
  bool linear;
  int n_blocks;
  float* const* count;                // by block; emptied
  double* const* right_theta;         // by block; emptied
  const double* n_right;              // by item
  const uint8_t* free;                // by item
  Penalty penalty;
};

// Sums over answers of the outer product of the learner's score for the item, in (a, d, c).
struct Scores {
  Rows rows;
  Grid grid;
  bool linear, guessing;              // guessing: also the derivative with respect to c
  const float* table;
  const float* slope;
  const float* by_d;                  // by code: d log P / dd at each node (d/da is theta times this)
  const float* by_c;                  // by code: d log P / dc
  int64_t first, last;
  double* sum;                        // by item: aa, ad, dd, ac, dc, cc
  double* full;                       // null, or added to: lower triangle of full_size() x full_size()
  double mean, sd;                    // of the group, whose scores end each learner's vector
  double* value;                      // for `full`: room for a learner's scores and
  int64_t* place;                     // their places
  int n_items;
  int per_item() const { return guessing ? 3 : 2; }
  int64_t full_size() const { return (int64_t)n_items * per_item() + 2; }
};

// Abilities of the groups first to last - 1 (a group is a row).
struct Abilities {
  Rows rows;
  Grid grid;
  Items items;
  bool linear;
  const float* table;
  const float* slope;
  const float* information;           // by item: P'^2 / (PQ)
  const float* skew;                  // by item: P'P'' / (PQ)
  double mean, sd;                    // of the prior
  int64_t first, last;
  double* buffer;                     // 4 x (answers of the longest group + 8)
  double *eap, *eap_se, *wle, *wle_se;
};

// Log-likelihood of the learners first to last - 1, in double precision throughout.
struct Exact {
  Rows rows;
  Grid grid;
  const double* table;                // log P(answer) by code
  const double* log_weight;
  int64_t first, last;
  double loglik;                      // out
};

namespace kernels {

void log_table(const LogTable&, int first, int last);
void expect(EStep&);
void maximise(const MStep&, int first, int last);
void derivatives(const LogTable&, float* by_d, float* by_c, int first, int last);
void cross_products(Scores&);
void warm_tables(const LogTable&, float* information, float* skew, int first, int last);
void exact(Exact&);
void exact_table(const LogTable&, const double* node, double* table, int first, int last);
void abilities(Abilities&);

}  // namespace kernels

}  // namespace sparseirt
#endif
