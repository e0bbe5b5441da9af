// Embedding lookup and its gradient on the GPU, as slices of the table.

#include <reel/kernels/embedding.h>

#include <reel/kernels/cuda/index_slices.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

/// The lookup as an IndexArgs: `rows` [count, width] are slices of the table.
IndexArgs slices(const EmbeddingArgs& args, void* rows, void* table) {
  IndexArgs out{};
  out.dtype = args.dtype;
  out.inner.rank = 1;
  out.inner.sizes[0] = args.width;
  out.inner.strides[0][0] = out.inner.strides[1][0] = 1;
  out.n = args.count;
  out.size = args.rows;
  out.values_step = out.base_step = args.width;
  out.values = rows;
  out.index = args.index;
  out.base = table;
  return out;
}

}  // namespace

void embedding(const EmbeddingArgs& args) {
  indexing::take_slices(slices(args, args.to, const_cast<void*>(args.from)), args.padding);
}

void embedding_grad(const EmbeddingArgs& args) {
  const std::size_t bytes = static_cast<std::size_t>(args.rows * args.width) * size_of(args.dtype);
  if (bytes == 0) return;
  check_call(cudaMemsetAsync(args.to, 0, bytes, current_stream()), "cudaMemsetAsync");
  indexing::add_slices(slices(args, const_cast<void*>(args.from), args.to), args.padding);
}

}  // namespace reel::kernels::cuda
