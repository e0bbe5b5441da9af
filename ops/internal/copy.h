#pragma once

#include <reel/tensor/tensor.h>

namespace reel::detail {

/// destination = source, converted. Both have the same shape; each may be on any device. Checks nothing and does not
/// count as an in-place change. `Tensor::to` says what `non_blocking` means.
void copy_elements(const Tensor& destination, const Tensor& source, bool non_blocking = false);

/// Throws if elements of `x` share memory, as those of an expanded tensor do: such a tensor cannot be written.
void check_no_overlap(std::string_view op, const Tensor& x);

/// `source`, or a copy if writing `destination` element by element could change elements of `source` before they are
/// read, since their memory overlaps.
Tensor copy_if_aliased(const Tensor& destination, const Tensor& source);

}  // namespace reel::detail
