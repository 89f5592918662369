// Independent pieces of work on some threads. Results may not depend on which thread takes which piece.
#ifndef SPARSEIRT_PARALLEL_H
#define SPARSEIRT_PARALLEL_H

#include <algorithm>
#include <thread>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // std::iterator in RcppParallel's headers
#include <RcppParallel.h>
#pragma GCC diagnostic pop

namespace sparseirt {

template <class Work>
void each_piece(int n, int threads, const Work& work) {
  struct Pieces : public RcppParallel::Worker {
    const Work& work;
    explicit Pieces(const Work& work) : work(work) {}
    void operator()(std::size_t from, std::size_t to) {
      for (std::size_t piece = from; piece < to; ++piece) work(static_cast<int>(piece));
    }
  } pieces(work);
  threads = std::min<int>(threads, std::max(1u, std::thread::hardware_concurrency()));
  if (threads <= 1) return pieces(0, n);
  RcppParallel::parallelFor(0, n, pieces, 1, threads);
}

// Ranges of [0, n), about equal, one piece each.
template <class Work>
void each_range(int64_t n, int n_pieces, int threads, const Work& work) {
  each_piece(n_pieces, threads, [&](int piece) { work(n * piece / n_pieces, n * (piece + 1) / n_pieces); });
}

}  // namespace sparseirt
#endif
