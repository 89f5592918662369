// Scores by learner, each learner's rows about the learner's own least-squares line. What is left of a score is of the
// size of the noise whatever the scale of the scores, so that the sums over rows lose no digits.
#ifndef GROWTHCURVE_SCORES_H
#define GROWTHCURVE_SCORES_H

#include <cstdint>
#include <vector>

namespace growthcurve {

constexpr int PIECES = 64;  // a fixed number: sums are added piece by piece, so threads change no bit

struct Learner {
  int64_t from, to;       // rows
  double centre;          // mean week of the learner's rows
  double level, slope;    // of the line, at `centre`; slope 0 where all rows are of one week
  double n, spread, rss;  // rows; sum of squares of the weeks about `centre`; of the scores about the line
};

struct Scores {
  std::vector<Learner> learners;
  std::vector<double> week;      // minus the learner's centre
  std::vector<double> residual;  // score minus the learner's line
  std::vector<double> error;     // squared standard error of the score
  bool equal_errors;             // all of `error` the same: the sums over rows need no rows
  double common_error;

  // start: n_learners + 1 row numbers from 0, rows being sorted by learner; se may be null.
  Scores(const double* week_in, const double* score, const double* se, const int* start, int n_learners);
};

}  // namespace growthcurve
#endif
