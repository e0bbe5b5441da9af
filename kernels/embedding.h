#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>

/// Embedding lookup: the rows of a table [rows, width] at the positions of an index. An index equal to `padding` gives
/// a row of zeros and no gradient (-1: no padding).
namespace reel::kernels {

struct EmbeddingArgs {
  DType dtype;
  const std::int64_t* index;  // [count], each in [0, rows)
  std::int64_t count, rows, width, padding;
  const void* from;  // the table, or for the gradient [count, width]
  void* to;          // [count, width], or the table's gradient
};

namespace cpu {
void embedding(const EmbeddingArgs& args);
void embedding_grad(const EmbeddingArgs& args);
}  // namespace cpu
namespace cuda {
void embedding(const EmbeddingArgs& args);
void embedding_grad(const EmbeddingArgs& args);
}  // namespace cuda

/// to[i] = from[index[i]]; zeros where index[i] is the padding.
inline constexpr KernelTable<void(const EmbeddingArgs&)> embedding{&cpu::embedding, &cuda::embedding};
/// to[r] = sum of from[i] over the i with index[i] = r, in their order, long sums in f64; zeros where r is the padding.
inline constexpr KernelTable<void(const EmbeddingArgs&)> embedding_grad{&cpu::embedding_grad, &cuda::embedding_grad};

}  // namespace reel::kernels
