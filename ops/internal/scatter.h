#pragma once

#include <string_view>

#include <reel/kernels/indexing.h>
#include <reel/tensor/tensor.h>

/// What the operations with an index for each element share.
namespace reel::detail {

/// The checked operands of a scatter; throws unless they fit together.
struct ScatterOperands {
  int dim;        // counted from the front
  Tensor index;   // i64
  Tensor source;  // the part of it that the index covers

  ScatterOperands(std::string_view op, const Tensor& x, std::int64_t dim, const Tensor& positions,
                  const Tensor& source);
};

/// For a kernel that pairs values[k] with base[index[k]] along `dim`. There has to be an index.
kernels::GatherArgs scatter_args(int dim, const Tensor& values, const Tensor& index, const Tensor& base);

}  // namespace reel::detail
