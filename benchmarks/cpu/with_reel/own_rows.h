#pragma once

#include "../row.h"

/// What is compared with other rows of Reel, or with limits of the machine.
namespace bench {

/// Rows that there are already, with `set_deterministic(true)`.
void add_deterministic_rows(Rows& rows, Sizes sizes);
/// Training steps under autocast(bf16).
void add_bf16_rows(Rows& rows, Sizes sizes);
/// A training step whose activations are computed again in backward.
void add_checkpoint_rows(Rows& rows, Sizes sizes);
/// Batches beside a loop over as much memory, and a loop over a DataLoader beside its steps alone.
void add_loader_rows(Rows& rows, Sizes sizes);
/// Limits of the machine, and rows that there are already beside them.
void add_limit_rows(Rows& rows, Sizes sizes);

/// A limit of the machine, and a row that is measured beside some.
Row limit(const std::string& name, std::function<Work()> prepare);
Row share(Row row, std::vector<std::string> limits);

}  // namespace bench
