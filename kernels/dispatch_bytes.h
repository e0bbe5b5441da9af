#pragma once

#include <cstddef>
#include <cstdint>

namespace reel::kernels {

/// Calls `f.template operator()<T>()` with the unsigned type of 1, 2, 4 or 8 bytes: what only moves elements needs to
/// know their size, not their dtype.
template <class F> void dispatch_bits(std::size_t bytes, F&& f) {
  switch (bytes) {
    case 1:
      return f.template operator()<std::uint8_t>();
    case 2:
      return f.template operator()<std::uint16_t>();
    case 4:
      return f.template operator()<std::uint32_t>();
    default:
      return f.template operator()<std::uint64_t>();
  }
}

}  // namespace reel::kernels
