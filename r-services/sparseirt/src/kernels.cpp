// The kernels in one translation unit, so that each is inlined into its builds for the processors.
#include "kernels.h"

#pragma GCC optimize("O3")
#include <numerics/vectors.h>

namespace sparseirt::kernels {
using namespace numerics;
}

#include "kernel_tables.h"
#include "kernel_estep.h"
#include "kernel_exact.h"
#include "kernel_mstep.h"
#include "kernel_abilities.h"
