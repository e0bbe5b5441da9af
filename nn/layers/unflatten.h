#pragma once

#include <reel/nn/layer.h>

namespace reel::nn {

/// Splits a dimension into several, the opposite of Flatten.
class Unflatten : public Layer<Unflatten> {
 public:
  Unflatten(NullPointer auto null) : Layer(null) {}
  /// The layer for dimension `dim` (negative: from the end) and its new sizes, one of which may be -1. A ValueError
  /// without sizes; `forward` throws a ShapeError if they do not make up the dimension.
  Unflatten(std::int64_t dim, const Shape& unflattened_size);
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t dim_ = 0;
  Shape sizes_;
};

}  // namespace reel::nn
