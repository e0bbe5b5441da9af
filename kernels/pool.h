#pragma once

#include <algorithm>
#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

/// Maxima and means of windows of images, and what their gradients need.
namespace reel::kernels {

/// The windows along one axis of an image: of fixed size at regular distances, or (adaptive) chosen so that `out`
/// windows cover `in` elements, overlapping by at most one: [floor(o in / out), ceil((o + 1) in / out)). What positions
/// are divided by has a type of its own, for backends where that is worth preparing.
template <class Int, class Divisor = Int> struct PoolAxisOf {
  Divisor in, out;
  Int kernel = 0;  // 0: adaptive
  Divisor stride{1};
  Int padding = 0;
  Divisor dilation{1};

  REEL_HD constexpr bool adaptive() const { return kernel == 0; }
  /// The first element of window `o` that lies inside the image; the others follow at distance `dilation`.
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
  /// How many elements of the image, or of its padding, window `o` covers.
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

/// How many elements the mean of window (i, j) is over.
template <class Axis, class Int>
REEL_HD constexpr Int pool_window_size(const Axis& h, const Axis& w, bool count_include_pad, Int i, Int j) {
  if (count_include_pad) return h.padded_size(i) * w.padded_size(j);
  return (h.end(i) - h.begin(i)) * (w.end(j) - w.begin(j));
}

/// Whether x takes the place of the largest so far: the first of equals stays, NaN wins. Without short-circuits, so
/// that no branch has to be predicted.
template <class T> REEL_HD bool exceeds(T x, T largest) {
  return static_cast<int>(x > largest) | static_cast<int>(x != x);
}

struct PoolShape {
  std::int64_t batch, channels;
  PoolAxis h, w;
  bool channels_last;              // how all images of the call lie in memory: [N, H, W, C], or [N, C, H, W]
  bool count_include_pad = false;  // of means: whether padding counts
};

struct MaxPoolArgs {
  DType dtype;
  PoolShape shape;
  const void* x;
  void* y;
  std::int32_t* indices;  // where in its plane each maximum was found (-1: in no element); may be null
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

/// The first of equal maxima; NaN wins.
inline constexpr KernelTable<void(const MaxPoolArgs&)> max_pool2d{&cpu::max_pool2d, &cuda::max_pool2d};
/// x_grad = the sum of the gradients of the windows whose maximum it was.
inline constexpr KernelTable<void(const MaxPoolGradArgs&)> max_pool2d_grad{&cpu::max_pool2d_grad,
                                                                           &cuda::max_pool2d_grad};
/// y = x at the indices, plane by plane: the transpose of max_pool2d_grad.
inline constexpr KernelTable<void(const PoolGatherArgs&)> pool_gather{&cpu::pool_gather, &cuda::pool_gather};
inline constexpr KernelTable<void(const AvgPoolArgs&)> avg_pool2d{&cpu::avg_pool2d, &cuda::avg_pool2d};
inline constexpr KernelTable<void(const AvgPoolGradArgs&)> avg_pool2d_grad{&cpu::avg_pool2d_grad,
                                                                           &cuda::avg_pool2d_grad};

}  // namespace reel::kernels
