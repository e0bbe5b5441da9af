#pragma once

#include <type_traits>

#include <reel/kernels/elementwise.h>
#include <reel/tensor/core/device.h>
#include <reel/tensor/core/half.h>

namespace reel::kernels {

/// A copy with conversion. Operand 0 is the destination, operand 1 the source.
struct CopyArgs {
  DType to;
  DType from;
  StridedLoop<2> loop;
  void* destination;
  const void* source;
};

/// A fill with one value.
struct FillArgs {
  DType dtype;
  StridedLoop<1> loop;
  void* data;
  Scalar value;
};

/// Converts one element: to boolean by comparing with 0, to integers by truncation.
template <class To, class From> REEL_HD To convert(From x) {
  constexpr bool from_half = std::is_same_v<From, Half> || std::is_same_v<From, BFloat16>;
  constexpr bool to_half = std::is_same_v<To, Half> || std::is_same_v<To, BFloat16>;
  if constexpr (std::is_same_v<To, From>) return x;
  else if constexpr (from_half) return convert<To>(static_cast<float>(x));
  else if constexpr (to_half) return To(x);
  else if constexpr (std::is_same_v<To, bool>) return x != From(0);
  else if constexpr (std::is_floating_point_v<From> && std::is_same_v<To, std::uint8_t>)
    return static_cast<To>(static_cast<std::int64_t>(x));  // negative values wrap instead of being undefined
  else return static_cast<To>(x);
}

namespace cpu {
void copy(const CopyArgs& args);
void fill(const FillArgs& args);
}  // namespace cpu
namespace cuda {
void copy(const CopyArgs& args);
void fill(const FillArgs& args);
/// Copies bytes between two devices, the CPU or GPUs. Unless `non_blocking`, host memory may be read or changed as soon
/// as the call returns.
void transfer(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes, bool non_blocking);
}  // namespace cuda

/// destination[i] = source[i], converted; both on one device.
inline constexpr KernelTable<void(const CopyArgs&)> copy{&cpu::copy, &cuda::copy};
/// data[i] = value.
inline constexpr KernelTable<void(const FillArgs&)> fill{&cpu::fill, &cuda::fill};

}  // namespace reel::kernels
