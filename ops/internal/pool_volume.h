#pragma once

#include <reel/ops/internal/pool.h>
#include <reel/ops/view.h>

/// Pooling along one or three axes by a pooling of images. The windows of a line are those of an image of one row. A
/// window of a volume is a rectangle times an interval, so its maximum and its mean are those of the rectangles' maxima
/// and means: the planes of a volume are pooled as images, and what comes out along the depth.
namespace reel::detail {

/// The views between a volume [N, C, D, H, W] and images that a kernel for images pools: all are views, as memory lies.
class Volume {
 public:
  /// Of the layout and depth of x, which is dense.
  explicit Volume(const Tensor& x)
      : channels_last_(is_channels_last_image(x)), n_(x.shape()[0]), c_(x.shape()[1]), depth_(x.shape()[2]) {}

  /// Every plane of x as an image: [N * D, C, H, W] channels-last, or [N, C * D, H, W].
  Tensor planes(const Tensor& x) const {
    const std::int64_t height = x.shape()[3], width = x.shape()[4];
    if (!channels_last_) return x.reshape({n_, c_ * depth_, height, width});
    return x.transpose(1, 2).reshape({n_ * depth_, c_, height, width});
  }
  /// The columns along the depth of pooled planes as an image of one column [outer, inner, D, 1], where `inner` counts
  /// what lies side by side in memory, so that kernels pool these together.
  Tensor columns(const Tensor& planes) const {
    const std::int64_t pixels = planes.shape()[2] * planes.shape()[3];
    if (!channels_last_) return unsqueeze(planes.reshape({n_ * c_, depth_, pixels}).transpose(1, 2), 3);
    return unsqueeze(planes.permute({0, 2, 3, 1}).reshape({n_, depth_, pixels * c_}).transpose(1, 2), 3);
  }
  /// The volume of pooled columns and of `height` and `width`.
  Tensor volume(const Tensor& columns, std::int64_t height, std::int64_t width) const {
    const Tensor rows = squeeze(columns, 3).transpose(1, 2);  // [outer, D', inner]
    const std::int64_t depth = rows.shape()[1];
    if (!channels_last_) return rows.reshape({n_, c_, depth, height, width});
    return rows.reshape({n_, depth, height, width, c_}).permute({0, 4, 1, 2, 3});
  }

 private:
  bool channels_last_;
  std::int64_t n_, c_, depth_;
};

/// x [N, C, ...] pooled along each of its axes by `pool(images, windows)`.
template <class Pool> Tensor pool_each_axis(const Tensor& x, const PoolAxes& axes, Pool&& pool) {
  const auto& [first, second, third] = axes.axis;
  if (axes.count == 1) return squeeze(pool(unsqueeze(x, 2), PoolWindows{whole_axis(1), first}), 2);
  if (axes.count == 2) return pool(x, PoolWindows{first, second});
  const Tensor dense = dense_image(x);
  const Volume volume(dense);
  const Tensor planes = pool(volume.planes(dense), PoolWindows{second, third});
  const Tensor columns = pool(volume.columns(planes), PoolWindows{first, whole_axis(1)});
  return volume.volume(columns, second.out, third.out);
}

}  // namespace reel::detail
