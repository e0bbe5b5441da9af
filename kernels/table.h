#pragma once

#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/device.h>

namespace reel::kernels {

/// The implementations of one kernel: a function pointer for each kind of device. Tables are compile-time constants, so
/// that a missing implementation is a link error and nothing depends on static initialisers. A build without CUDA links
/// `kernels/cuda_absent.cpp` in place of `kernels/cuda`.
template <class Signature> struct KernelTable {
  Signature* cpu;
  Signature* cuda;

  /// The implementation for a device. A GPU also becomes the current device of this thread.
  Signature* operator[](Device device) const {
    if (device.is_cpu()) return cpu;
    reel::cuda::use_device(device.index());
    return cuda;
  }
};

}  // namespace reel::kernels
