#pragma once

#include <reel/tensor/tensor.h>

namespace reel::detail {

/// Makes every handle on `t` refer to the array of `source` and to its place on the tape: what `t = source` does for
/// one handle. For a tensor that members of a module refer to and that is computed anew for each call. Nodes that have
/// saved `t` keep the array and the place that it had.
void rebind(const Tensor& t, const Tensor& source);

}  // namespace reel::detail
