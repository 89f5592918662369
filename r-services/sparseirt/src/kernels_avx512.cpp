// The kernels for x86-64-v4: AVX-512.
#include "kernels.h"
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#pragma GCC target("arch=x86-64-v4")
#pragma GCC diagnostic ignored "-Wpsabi"
#include "kernels_build.h"
SPARSEIRT_KERNELS(kernels_avx512)
#endif
