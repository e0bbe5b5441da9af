#pragma once

#include <reel/tensor/tensor.h>

namespace reel::nn {

/// A handle of its own on the same memory, for buffers: moving the module must not change the caller's tensor.
inline Tensor own_handle(const Tensor& t) { return t.defined() ? t.detach() : Tensor(); }

}  // namespace reel::nn
