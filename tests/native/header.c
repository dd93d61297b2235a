#include "sparseconv.h"

/* A use of every struct, so that this is more than an empty translation unit. */
int64_t header_sizes(void);
int64_t header_sizes(void) {
  return (int64_t)(sizeof(spc_matrix) + sizeof(spc_geometry));
}
