// Answers as compressed rows, by learner or by any other grouping.
#ifndef SPARSEIRT_ANSWERS_H
#define SPARSEIRT_ANSWERS_H

#include <cstdint>
#include <vector>

#include <numerics/array.h>

#include "kernels.h"

namespace sparseirt {

using namespace numerics;

// Blocks of learners of about equal work, each with its own sums. Sums are added in the order of the blocks, so that
// any number of threads gives the same bits.
constexpr int N_BLOCKS = 8;

struct Column {  // `right` as R holds it: logical and integer are the same
  const int* integers;
  const double* doubles;
};

struct Problems {  // numbers of rows, and the first such row (from 1; 0 if none)
  int64_t key = 0, item = 0, right = 0, repeated = 0;
  int64_t first_key = 0, first_item = 0, first_right = 0, first_repeated = 0;
};

class Answers {
 public:
  // Keys from 1 to n_rows and 1 to n_items. Rows with a problem are counted, and nothing is built then.
  Answers(const int* key, const int* item, Column right, int64_t n, int n_rows, int n_items, int threads);

  Rows rows() const { return {start.get(), code.get()}; }
  int64_t size() const { return n; }
  // Same learner and item more than once: counted in problems.
  void find_repeated(int threads);
  // Rows where piece `piece` of `n_pieces` begins, by equal numbers of answers.
  int64_t cut(int piece, int n_pieces) const;
  int64_t longest() const;

  int64_t n;
  int n_rows, n_items;
  int64_t n_active;                 // rows with answers
  double mean_length;               // of the row that an answer drawn at random belongs to
  Array<int64_t> start;
  Array<uint32_t> code;
  std::vector<double> n_answers, n_right;  // by item
  Problems problems;

 private:
  void check(const int* key, const int* item, Column right, int threads);
  void build(const int* key, const int* item, Column right, int threads);
  void count_items(int threads);
};

}  // namespace sparseirt
#endif
