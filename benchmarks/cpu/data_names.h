#pragma once

#include <cstdint>
#include <string>

namespace bench {

inline constexpr std::int64_t kMnistPixels = 28 * 28;
inline constexpr std::int64_t kGatherBatches[] = {64, 1024};

inline std::string gather(std::int64_t batch) {
  return "gather of " + std::to_string(batch) + " shuffled images, 28x28";
}

}  // namespace bench
