#pragma once

#include <reel/tensor/core/dtype.h>

namespace reel::detail {

/// The number of a floating dtype that comes next before `end`, going up or down.
double number_before(double end, bool up, DType dtype);

}  // namespace reel::detail
