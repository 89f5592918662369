// The kernels for x86-64-v3: AVX2 and FMA (2013 and later).
#include "kernels.h"
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#pragma GCC target("arch=x86-64-v3")
#pragma GCC diagnostic ignored "-Wpsabi"
#include "kernels_build.h"
SPARSEIRT_KERNELS(kernels_avx2)
#endif
