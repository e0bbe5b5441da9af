#include <reel/kernels/cpu/winograd.h>
#include <reel/kernels/cpu/winograd_tiles.h>

namespace reel::kernels::cpu {
namespace {

using namespace winograd;

/// For outputs of `height` x `width`. A quarter of the products at three quarters of oneDNN's speed, less the
/// transforms: of the gain of 2 to 2.5, what the tiles and panels compute in vain may take half. (Measured: 24 -> 24
/// channels 1.2 to 1.4, 16 -> 32 0.9 to 1; images of 6x6 1 to 1.7, of 5x5 0.8.) With fewer pixels the weights'
/// transform, which each call repeats, would be most of the work.
bool pays(DType dtype, const Conv2dShape& s, std::int64_t height, std::int64_t width) {
  constexpr std::int64_t least_pixels = 384;
  if (!winograd_serves(dtype, s)) return false;
  const std::int64_t pixels = s.batch * height * width;
  const std::int64_t covered = Tiles(s.batch, height, width).count * kOutput * kOutput;
  const std::int64_t lanes = panels(s.channels) * kLanes * panels(s.out_channels) * kLanes;
  return pixels >= least_pixels && 2 * pixels > covered && 2 * s.channels * s.out_channels > lanes;
}

}  // namespace

bool winograd_serves(DType dtype, const Conv2dShape& s) {
  return dtype == DType::f32 && s.kernel_height == 3 && s.kernel_width == 3 && s.stride_h == 1 && s.stride_w == 1 &&
         s.dilation_h == 1 && s.dilation_w == 1 && s.groups == 1;
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
