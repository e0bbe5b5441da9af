#pragma once

#include <array>
#include <cstddef>

/// What a launch on an H100 or H200 may ask for.
namespace emulation {

inline constexpr int kMaxThreads = 1024;
inline constexpr std::array<int, 3> kMaxBlock{1024, 1024, 64};
inline constexpr std::array<int, 3> kMaxGrid{2147483647, 65535, 65535};
inline constexpr std::size_t kSharedMemory = 48 * 1024;      // of a block, unless cudaFuncSetAttribute allows more
inline constexpr std::size_t kMaxSharedMemory = 227 * 1024;  // what it can allow

}  // namespace emulation
