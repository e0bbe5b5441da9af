#pragma once

#include <reel/tensor/tensor.h>

namespace reel::detail {

/// destination = source, converted; both of one shape already, each on any device. Checks nothing and does not count as
/// a change. What `non_blocking` means is said at `Tensor::to`.
void copy_elements(const Tensor& destination, const Tensor& source, bool non_blocking = false);

/// Throws unless every element of `x` has a place of its own: an expanded tensor cannot be written.
void check_no_overlap(std::string_view op, const Tensor& x);

/// `source`, or a copy of it if changing `destination` element by element would change elements of it before they are
/// read: both lie in the same memory, at different places.
Tensor copy_if_aliased(const Tensor& destination, const Tensor& source);

}  // namespace reel::detail
