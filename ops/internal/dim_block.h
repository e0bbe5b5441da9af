#pragma once

#include <reel/ops/internal/layout.h>

/// A tensor as kernels that work along one of its dimensions take it.
namespace reel::detail {

/// Memory of the form [outer, n, inner], where n is the dimension.
struct DimBlock {
  Tensor data;  // the tensor, or a row-major copy if it is not dense
  std::int64_t outer = 1, n = 1, inner = 1;

  DimBlock(const Tensor& x, int dim) : data(dense(x)) {
    if (data.dim() == 0) return;
    n = data.shape()[dim];
    if (data.numel() == 0) {
      outer = 0;
    } else if (n == 1) {
      inner = data.numel();
    } else {
      inner = data.strides()[dim];
      outer = data.numel() / (n * inner);
    }
  }
};

}  // namespace reel::detail
