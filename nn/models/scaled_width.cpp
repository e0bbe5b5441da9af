// The number of channels of a narrower or wider network.

#include <reel/nn/models/scaled_width.h>

#include <algorithm>
#include <cmath>

#include <reel/tensor/core/check.h>

namespace reel::nn::models {

std::int64_t detail::scaled(std::int64_t channels, double width) {
  check<ValueError>(width > 0 && width <= 64, "nn::models: expected a width above 0 and up to 64, got {}", width);
  if (width == 1) return channels;
  constexpr std::int64_t kMultiple = 8;
  return kMultiple * std::max<std::int64_t>(1, std::llround(static_cast<double>(channels) * width / kMultiple));
}

}  // namespace reel::nn::models
