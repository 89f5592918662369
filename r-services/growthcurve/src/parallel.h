// Independent pieces of work on some threads. Results may not depend on which thread takes which piece.
#ifndef GROWTHCURVE_PARALLEL_H
#define GROWTHCURVE_PARALLEL_H

#include <algorithm>
#include <cstdint>
#include <thread>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // std::iterator in RcppParallel's headers
#include <RcppParallel.h>
#pragma GCC diagnostic pop

namespace growthcurve {

constexpr int PIECES = 64;  // a fixed number: sums are added piece by piece, so threads change no bit

// Calls work(piece, from, to) for ranges of [0, n), about equal.
template <class Work>
void each_range(int64_t n, int threads, const Work& work) {
  struct Ranges : public RcppParallel::Worker {
    const int64_t n;
    const Work& work;
    Ranges(int64_t n, const Work& work) : n(n), work(work) {}
    void operator()(std::size_t first, std::size_t last) {
      for (std::size_t p = first; p < last; ++p) {
        work(static_cast<int>(p), n * static_cast<int64_t>(p) / PIECES, n * (static_cast<int64_t>(p) + 1) / PIECES);
      }
    }
  } ranges(n, work);
  threads = std::min<int>(threads, std::max(1u, std::thread::hardware_concurrency()));
  if (threads <= 1) return ranges(0, PIECES);
  RcppParallel::parallelFor(0, PIECES, ranges, 1, threads);
}

}  // namespace growthcurve
#endif
