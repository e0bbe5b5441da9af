#pragma once

#include "../row.h"

/// What is compared with other rows of Reel.
namespace bench {

/// Rows that there are already, with `set_deterministic(true)`.
void add_deterministic_rows(Rows& rows, Sizes sizes);
/// Training steps under autocast(bf16).
void add_bf16_rows(Rows& rows, Sizes sizes);

}  // namespace bench
