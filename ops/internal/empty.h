#pragma once

#include <string_view>

#include <reel/tensor/tensor.h>

namespace reel::detail {

/// `empty`, for a factory whose errors have its own name.
Tensor empty_as(std::string_view op, const Shape& shape, const TensorOptions& options);

}  // namespace reel::detail
