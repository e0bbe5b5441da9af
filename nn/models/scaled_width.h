#pragma once

#include <cstdint>

namespace reel::nn::models::detail {

/// As many channels or hidden units as a network `width` times as wide has: a multiple of 8, at least 8, so that it can
/// be cut into groups. The number itself for a width of 1. A ValueError unless the width is above 0 and at most 64.
std::int64_t scaled(std::int64_t channels, double width);

}  // namespace reel::nn::models::detail
