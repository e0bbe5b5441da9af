#pragma once

#include <reel/kernels/indexing.h>

/// index_take and index_add with a position that counts as one outside: the padding of embeddings; -1: none.
namespace reel::kernels::cuda {

void take_slices(const IndexArgs& args, std::int64_t skipped);
void add_slices(const IndexArgs& args, std::int64_t skipped);

}  // namespace reel::kernels::cuda
