// Independent pieces of work on several threads. Results may not depend on which thread takes which piece.
#ifndef NUMERICS_PARALLEL_H
#define NUMERICS_PARALLEL_H

#include <algorithm>
#include <cstdint>
#include <thread>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // std::iterator in RcppParallel's headers
#include <RcppParallel.h>
#pragma GCC diagnostic pop

namespace numerics {

// Calls work(piece) for each piece from 0 to n - 1.
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

// Calls work(piece, from, to) for n_pieces ranges of [0, n), about equal.
template <class Work>
void each_range(int64_t n, int n_pieces, int threads, const Work& work) {
  each_piece(n_pieces, threads, [&](int piece) { work(piece, n * piece / n_pieces, n * (piece + 1) / n_pieces); });
}

}  // namespace numerics
#endif
