#include "answers.h"

#include <numerics/parallel.h>

namespace sparseirt {

namespace {

int code_of(int item, Column right, int64_t k) {
  const bool is_right = right.integers ? right.integers[k] == 1 : right.doubles[k] == 1.0;
  return 2 * (item - 1) + is_right;
}

bool is_binary(Column right, int64_t k) {
  if (right.integers) return right.integers[k] == 0 || right.integers[k] == 1;
  return right.doubles[k] == 0.0 || right.doubles[k] == 1.0;  // false for NaN
}

void note(int64_t row, int64_t& count, int64_t& first) {
  if (count++ == 0) first = row;
}

void merge(int64_t& count, int64_t& first, int64_t other, int64_t other_first) {
  if (count == 0) first = other_first;
  count += other;
}

}  // namespace

Answers::Answers(const int* key, const int* item, Column right, int64_t n, int n_rows, int n_items, int threads)
    : n(n), n_rows(n_rows), n_items(n_items), n_active(0), mean_length(0.0), n_answers(n_items), n_right(n_items) {
  check(key, item, right, threads);
  if (problems.key + problems.item + problems.right > 0) return;
  build(key, item, right, threads);
  count_items(threads);
}

void Answers::check(const int* key, const int* item, Column right, int threads) {
  std::vector<Problems> found(N_BLOCKS);
  each_piece(N_BLOCKS, threads, [&](int b) {
    Problems mine;
    for (int64_t k = n * b / N_BLOCKS; k < n * (b + 1) / N_BLOCKS; ++k) {
      if (key[k] < 1 || key[k] > n_rows) note(k + 1, mine.key, mine.first_key);
      if (item[k] < 1 || item[k] > n_items) note(k + 1, mine.item, mine.first_item);
      if (!is_binary(right, k)) note(k + 1, mine.right, mine.first_right);
    }
    found[b] = mine;
  });
  for (const Problems& one : found) {
    merge(problems.key, problems.first_key, one.key, one.first_key);
    merge(problems.item, problems.first_item, one.item, one.first_item);
    merge(problems.right, problems.first_right, one.right, one.first_right);
  }
}

// A counting sort in pieces: piece b's answers of a row come after those of piece b - 1, so it is stable.
void Answers::build(const int* key, const int* item, Column right, int threads) {
  Array<uint32_t> place(static_cast<size_t>(n_rows) * N_BLOCKS);
  each_piece(N_BLOCKS, threads, [&](int b) {
    uint32_t* count = place.get() + static_cast<size_t>(b) * n_rows;
    for (int64_t k = n * b / N_BLOCKS; k < n * (b + 1) / N_BLOCKS; ++k) ++count[key[k] - 1];
  });
  start = Array<int64_t>(n_rows + 1);
  double squares = 0.0;
  for (int i = 0; i < n_rows; ++i) {
    int64_t size = 0;
    for (int b = 0; b < N_BLOCKS; ++b) {
      uint32_t& count = place[static_cast<size_t>(b) * n_rows + i];
      const uint32_t before = static_cast<uint32_t>(start[i] + size);
      size += count, count = before;
    }
    start[i + 1] = start[i] + size;
    n_active += size > 0, squares += static_cast<double>(size) * static_cast<double>(size);
  }
  mean_length = n > 0 ? squares / static_cast<double>(n) : 0.0;
  code = Array<uint32_t>(n);
  each_piece(N_BLOCKS, threads, [&](int b) {
    uint32_t* next = place.get() + static_cast<size_t>(b) * n_rows;
    for (int64_t k = n * b / N_BLOCKS; k < n * (b + 1) / N_BLOCKS; ++k)
      code[next[key[k] - 1]++] = code_of(item[k], right, k);
  });
}

void Answers::count_items(int threads) {
  std::vector<std::vector<int64_t>> count(N_BLOCKS);
  each_piece(N_BLOCKS, threads, [&](int b) {
    count[b].assign(2 * static_cast<size_t>(n_items), 0);
    for (int64_t k = n * b / N_BLOCKS; k < n * (b + 1) / N_BLOCKS; ++k) ++count[b][code[k]];
  });
  for (int j = 0; j < n_items; ++j) {
    for (int b = 0; b < N_BLOCKS; ++b) {
      n_right[j] += static_cast<double>(count[b][2 * j + 1]);
      n_answers[j] += static_cast<double>(count[b][2 * j] + count[b][2 * j + 1]);
    }
  }
}

void Answers::find_repeated(int threads) {
  std::vector<Problems> found(N_BLOCKS);
  each_piece(N_BLOCKS, threads, [&](int b) {
    std::vector<int64_t> seen(n_items, -1);
    for (int64_t i = cut(b, N_BLOCKS); i < cut(b + 1, N_BLOCKS); ++i) {
      for (int64_t k = start[i]; k < start[i + 1]; ++k) {
        const uint32_t item = code[k] >> 1;
        if (seen[item] == i) note(i + 1, found[b].repeated, found[b].first_repeated);
        seen[item] = i;
      }
    }
  });
  for (const Problems& one : found) merge(problems.repeated, problems.first_repeated, one.repeated, one.first_repeated);
}

int64_t Answers::cut(int piece, int n_pieces) const {
  if (piece == 0) return 0;
  if (piece == n_pieces) return n_rows;
  return std::lower_bound(start.begin(), start.end(), n * piece / n_pieces) - start.begin();
}

int64_t Answers::longest() const {
  int64_t longest = 0;
  for (int i = 0; i < n_rows; ++i) longest = std::max(longest, start[i + 1] - start[i]);
  return longest;
}

}  // namespace sparseirt
