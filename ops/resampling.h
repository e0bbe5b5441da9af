#pragma once

#include <cstdint>

#include <reel/ops/options.h>
#include <reel/tensor/tensor.h>

/// Resizing, warping and rearranging of lines [N, C, L], images [N, C, H, W] and volumes [N, C, D, H, W].
namespace reel {

/// Resized to `size` by `options.mode`: `linear` takes lines, `bilinear` and `bicubic` (Keys 1981, a = -3/4) images,
/// `trilinear` volumes, the others all. What has no weight does not reach a pixel, NaN or infinite as it may be.
Tensor interpolate(const Tensor& x, const SpatialSize& size, const InterpolateOptions& options = {});
/// Resized to floor(size * factor) along each axis. Positions are those of the given factors, unless
/// `recompute_scale_factor` or aligned corners ask for the ratio of the sizes.
Tensor interpolate(const Tensor& x, const ScaleFactor& scale_factor, const InterpolateOptions& options = {});
/// x [N, C, H, W] read at the positions of grid [N, OH, OW, 2], (x, y) from -1 to 1 across the image: [N, C, OH, OW].
/// Or volumes [N, C, D, H, W] with grid [N, OD, OH, OW, 3]; they have no bicubic. A position that is
/// NaN gives NaN.
Tensor grid_sample(const Tensor& x, const Tensor& grid, const GridSampleOptions& options = {});
/// The grid [N, H, W, 2] of the affine maps theta [N, 2, 3] for results of shape `size` [N, C, H, W], or [N, D, H, W,
/// 3] of theta [N, 3, 4]: each position (x, y, 1) times theta.
Tensor affine_grid(const Tensor& theta, const Shape& size, bool align_corners = false);
/// Of any dtype: [..., C * r^2, H, W] to [..., C, H * r, W * r]: each group of channels becomes a square of r x r
/// pixels.
Tensor pixel_shuffle(const Tensor& x, std::int64_t upscale_factor);
/// Of any dtype: [..., C, H * r, W * r] to [..., C * r^2, H, W]: the inverse of pixel_shuffle.
Tensor pixel_unshuffle(const Tensor& x, std::int64_t downscale_factor);
/// Of any dtype: the channels of [N, C, ...] as [groups, C / groups], transposed (Zhang et al. 2018).
Tensor channel_shuffle(const Tensor& x, std::int64_t groups);

}  // namespace reel
