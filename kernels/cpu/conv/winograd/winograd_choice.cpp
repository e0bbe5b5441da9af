#include <reel/kernels/cpu/conv/winograd/winograd.h>
#include <reel/kernels/cpu/conv/winograd/winograd_tiles.h>

namespace reel::kernels::cpu {
namespace {

using namespace winograd;

/// For outputs of `height` x `width`. With 3x3 weights a quarter of the products at three quarters of oneDNN's speed,
/// less the transforms: of the gain of 2 to 2.5, what the tiles and panels compute in vain may take half. (Measured:
/// 24 -> 24 channels 1.2 to 1.4, 16 -> 32 0.9 to 1; images of 6x6 1 to 1.7, of 5x5 0.8.) With 5x5 weights the gain is
/// 1.4 to 1.9, and less in small images, of whose padding oneDNN reads nothing, so that only a fifth may be in vain.
/// (24 -> 64 channels 1.05 to 1.4, 24 -> 24 0.9 to 1; images of 9x9 1.1, of 7x7 0.6 to 1.2.) With fewer pixels the
/// weights' transform, which each call repeats, would be most of the work.
bool pays(DType dtype, const Conv2dShape& s, std::int64_t height, std::int64_t width) {
  constexpr std::int64_t least_pixels = 384;
  if (!winograd_serves(dtype, s)) return false;
  const Tiles tiles(taps_side(static_cast<int>(s.kernel_height)), s.batch, height, width);
  const std::int64_t pixels = s.batch * height * width;
  const std::int64_t covered = tiles.count * tiles.side * tiles.side;
  const std::int64_t products = s.channels * s.out_channels;
  const std::int64_t lanes = panels(s.channels) * kLanes * panels(s.out_channels) * kLanes;
  const double least_share = s.kernel_height == 3 ? 0.5 : 0.8;
  const auto mostly = [&](std::int64_t useful, std::int64_t all) {
    return static_cast<double>(useful) > least_share * static_cast<double>(all);
  };
  return pixels >= least_pixels && mostly(pixels, covered) && mostly(products, lanes);
}

}  // namespace

bool winograd_serves(DType dtype, const Conv2dShape& s) {
  return dtype == DType::f32 && (s.kernel_height == 3 || s.kernel_height == 5) && s.kernel_width == s.kernel_height &&
         s.stride_h == 1 && s.stride_w == 1 && s.dilation_h == 1 && s.dilation_w == 1 && s.groups == 1;
}

bool winograd_pays(const Conv2dArgs& args) {
  return pays(args.dtype, args.shape, args.shape.out_height, args.shape.out_width);
}

bool winograd_pays(const Conv2dInputGradArgs& args) {
  return pays(args.dtype, args.shape, args.shape.height, args.shape.width);
}

bool winograd_pays(const Conv2dWeightGradArgs& args) {
  return pays(args.dtype, args.shape, args.shape.out_height, args.shape.out_width);
}

}  // namespace reel::kernels::cpu
