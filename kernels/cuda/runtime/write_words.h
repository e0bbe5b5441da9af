#pragma once

#include <cstdint>
#include <span>

namespace reel::kernels::cuda {

/// to[i] = values[i] on the current stream; the values travel with the launch.
void write_words(std::uint64_t* to, std::span<const std::uint64_t> values);

}  // namespace reel::kernels::cuda
