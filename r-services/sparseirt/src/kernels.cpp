// Picks the build of the kernels, once.
#include "kernels.h"

#include <cstdlib>
#include <cstring>

namespace sparseirt {

extern const Kernels kernels_baseline;
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
extern const Kernels kernels_avx2;
extern const Kernels kernels_avx512;
#endif

// SPARSEIRT_KERNELS=baseline (or avx2) holds a stronger processor back, for tests and measurements.
static const Kernels& choose() {
  const char* wanted = std::getenv("SPARSEIRT_KERNELS");
  const auto allowed = [wanted](const char* name) { return !wanted || std::strcmp(wanted, name) == 0; };
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  __builtin_cpu_init();
  if (allowed("avx512") && __builtin_cpu_supports("x86-64-v4")) return kernels_avx512;
  if (allowed("avx2") && __builtin_cpu_supports("x86-64-v3")) return kernels_avx2;
#endif
  return kernels_baseline;
}

const Kernels& kernels() {
  static const Kernels& chosen = choose();
  return chosen;
}

}  // namespace sparseirt
