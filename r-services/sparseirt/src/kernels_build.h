// One build of the kernels: a .cpp file sets the target, includes this, and names the build.
// No header with inline functions is included after the target: such a function could be merged with another
// build's and then run on a processor that lacks its instructions.
#include "vec.h"
#include "kernel_tables.h"
#include "kernel_estep.h"
#include "kernel_exact.h"
#include "kernel_mstep.h"
#include "kernel_abilities.h"

#define SPARSEIRT_KERNELS(NAME)                                                                        \
  namespace sparseirt {                                                                                \
  extern const Kernels NAME;                                                                           \
  const Kernels NAME = {#NAME, log_table, expect, maximise, derivatives, cross_products, warm_tables, exact, \
                        exact_table, abilities};  \
  }
