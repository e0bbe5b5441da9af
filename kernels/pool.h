#pragma once

#include <algorithm>
#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

/// Max and average pooling of images, and their gradients.
namespace reel::kernels {

/// The pooling windows along one axis of an image. Either they have a fixed kernel size, stride, padding and dilation,
/// or they are adaptive: window o of `out` covers [floor(o in / out), ceil((o + 1) in / out)) of `in` elements. Numbers
/// that positions are divided by have the type `Divisor`, which on a GPU prepares the division.
template <class Int, class Divisor = Int> struct PoolAxisOf {
  Divisor in, out;
  Int kernel = 0;  // 0: adaptive
  Divisor stride{1};
  Int padding = 0;
  Divisor dilation{1};

  REEL_HD constexpr bool adaptive() const { return kernel == 0; }
  /// The first element of window `o` inside the image; the others follow in steps of `dilation`.
  REEL_HD constexpr Int begin(Int o) const {
    if (adaptive()) return o * in / out;
    const Int start = o * stride - padding;
    return start >= 0 ? start : start + (dilation - 1 - start) / dilation * dilation;
  }
  /// One past the last element of window `o` inside the image.
  REEL_HD constexpr Int end(Int o) const {
    if (adaptive()) return ((o + 1) * in + out - 1) / out;
    const Int last = o * stride - padding + (kernel - 1) * dilation + 1;
    return last < in ? last : Int(in);
  }
  /// How many elements of the image and its padding window `o` covers.
  REEL_HD constexpr Int padded_size(Int o) const {
    if (adaptive()) return end(o) - begin(o);
    const Int start = o * stride - padding, last = start + kernel;
    return (last < in + padding ? last : in + padding) - start;
  }
  /// The windows that may cover element `i` are [first_window(i), last_window(i)).
  REEL_HD constexpr Int first_window(Int i) const {
    if (adaptive()) return i * out / in;
    const Int beyond = i + padding - (kernel - 1) * dilation;
    return beyond <= 0 ? 0 : (beyond + stride - 1) / stride;
  }
  REEL_HD constexpr Int last_window(Int i) const {
    if (adaptive()) return ((i + 1) * out + in - 1) / in;
    const Int last = (i + padding) / stride + 1;
    return last < out ? last : Int(out);
  }
};

using PoolAxis = PoolAxisOf<std::int64_t>;

/// The size of window (i, j), by which average pooling divides.
template <class Axis, class Int>
REEL_HD constexpr Int pool_window_size(const Axis& h, const Axis& w, bool count_include_pad, Int i, Int j) {
  if (count_include_pad) return h.padded_size(i) * w.padded_size(j);
  return (h.end(i) - h.begin(i)) * (w.end(j) - w.begin(j));
}

/// Whether x replaces the largest element so far: the first of equal elements stays, and NaN wins. Without
/// short-circuit evaluation, which would be a branch.
template <class T> REEL_HD bool exceeds(T x, T largest) {
  return static_cast<int>(x > largest) | static_cast<int>(x != x);
}

struct PoolShape {
  std::int64_t batch, channels;
  PoolAxis h, w;
  bool channels_last;              // memory is [N, H, W, C], not [N, C, H, W]
  bool count_include_pad = false;  // average pooling: whether the divisor includes padding
  std::int64_t divisor = 0;        // average pooling: instead of the size of the window; 0: none
};

struct MaxPoolArgs {
  DType dtype;
  PoolShape shape;
  const void* x;
  void* y;
  std::int32_t* indices;  // the position of each maximum in its plane (-1: the window has no element); may be null
};

struct MaxPoolGradArgs {
  DType dtype;
  PoolShape shape;
  const void* y_grad;
  const std::int32_t* indices;
  void* x_grad;
};

struct PoolGatherArgs {
  DType dtype;
  PoolShape shape;
  const void* x;
  const std::int32_t* indices;
  void* y;
};

struct AvgPoolArgs {
  DType dtype;
  PoolShape shape;
  const void* x;
  void* y;
};

struct AvgPoolGradArgs {
  DType dtype;
  PoolShape shape;
  const void* y_grad;
  void* x_grad;
};

namespace cpu {
void max_pool2d(const MaxPoolArgs& args);
void max_pool2d_grad(const MaxPoolGradArgs& args);
void pool_gather(const PoolGatherArgs& args);
void avg_pool2d(const AvgPoolArgs& args);
void avg_pool2d_grad(const AvgPoolGradArgs& args);
}  // namespace cpu
namespace cuda {
void max_pool2d(const MaxPoolArgs& args);
void max_pool2d_grad(const MaxPoolGradArgs& args);
void pool_gather(const PoolGatherArgs& args);
void avg_pool2d(const AvgPoolArgs& args);
void avg_pool2d_grad(const AvgPoolGradArgs& args);
}  // namespace cuda

/// y = the maximum of each window: the first of equal elements, and NaN wins.
inline constexpr KernelTable<void(const MaxPoolArgs&)> max_pool2d{&cpu::max_pool2d, &cuda::max_pool2d};
/// x_grad of an element = the sum of y_grad over the windows whose maximum it is.
inline constexpr KernelTable<void(const MaxPoolGradArgs&)> max_pool2d_grad{&cpu::max_pool2d_grad,
                                                                           &cuda::max_pool2d_grad};
/// y = x[indices], plane by plane: the transpose of max_pool2d_grad.
inline constexpr KernelTable<void(const PoolGatherArgs&)> pool_gather{&cpu::pool_gather, &cuda::pool_gather};
/// y = the mean of each window.
inline constexpr KernelTable<void(const AvgPoolArgs&)> avg_pool2d{&cpu::avg_pool2d, &cuda::avg_pool2d};
inline constexpr KernelTable<void(const AvgPoolGradArgs&)> avg_pool2d_grad{&cpu::avg_pool2d_grad,
                                                                           &cuda::avg_pool2d_grad};

}  // namespace reel::kernels
