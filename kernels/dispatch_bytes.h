#pragma once

#include <cstddef>
#include <cstdint>

namespace reel::kernels {

/// Calls `f.template operator()<T>()` with the unsigned integer type of 1, 2, 4 or 8 bytes. For kernels that only move
/// elements: they need the size of an element, not its dtype.
template <class F> void dispatch_bytes(std::size_t bytes, F&& f) {
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
