#pragma once

#include <reel/tensor/device.h>

namespace reel::kernels {

/// The implementations of one kernel, a function pointer for each device. Filled at compile time: an implementation
/// that is missing is a link error, and nothing depends on static initialisers.
template <class Signature> struct KernelTable {
  Signature* cpu;

  constexpr Signature* operator[](Device) const { return cpu; }
};

}  // namespace reel::kernels
