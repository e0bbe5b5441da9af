#pragma once

#include <reel/kernels/indexing.h>

/// index_take and index_add that skip one index, the padding of embeddings (-1: none). Skipped slices are read as 0.
namespace reel::kernels::cuda::indexing {

void take_slices(const IndexArgs& args, std::int64_t skipped);
void add_slices(const IndexArgs& args, std::int64_t skipped);

}  // namespace reel::kernels::cuda::indexing
