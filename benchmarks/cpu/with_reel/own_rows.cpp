// What is compared with other rows of Reel, or with limits of the machine.

#include "own_rows.h"

#include "../row.h"

namespace bench {

void add_own_rows(Rows& rows, Sizes sizes) {
  add_deterministic_rows(rows, sizes);
  add_bf16_rows(rows, sizes);
  add_limit_rows(rows, sizes);
}

}  // namespace bench
