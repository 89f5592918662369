// The kernels for any processor.
#include "kernels.h"
#pragma GCC optimize("O3")
#pragma GCC diagnostic ignored "-Wpsabi"
#include "kernels_build.h"
SPARSEIRT_KERNELS(kernels_baseline)
