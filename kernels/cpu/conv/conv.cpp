// Chooses the algorithm of a convolution on the CPU, and runs it.

#include <algorithm>

#include <reel/kernels/announce.h>
#include <reel/kernels/conv_upcast.h>
#include <reel/kernels/cpu/conv/conv_algorithms.h>
#include <reel/kernels/cpu/conv/winograd/winograd.h>
#include <reel/kernels/cpu/conv/winograd/winograd_tiles.h>
#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/winograd.h>

namespace reel::kernels::cpu {
namespace convolution {
namespace {

bool is_strided(const ConvShape& s) { return s.stride_d > 1 || s.stride_h > 1 || s.stride_w > 1; }

/// Of an output.
std::int64_t pixels(const ConvShape& s) { return s.out_depth * s.out_height * s.out_width; }

/// Whether there is nothing but pixels and taps to fill vectors with (conv_planes.cpp).
bool is_one_plane(const ConvShape& s) {
  return s.is_flat() && s.channels == 1 && s.out_channels == 1 && !is_strided(s) && !s.is_pointwise();
}

/// Whether Winograd's algorithm is faster than oneDNN's kernels. With 3x3 weights it makes a quarter of the products at
/// three quarters of oneDNN's speed, less the transforms: of the gain of 2 to 2.5, what the tiles and panels compute in
/// vain may take half. (Measured: 24 -> 24 channels 1.2 to 1.4, 16 -> 32 0.9 to 1; images of 6x6 1 to 1.7, of 5x5 0.8.)
/// With 5x5 weights the gain is 1.4 to 1.9, and less in small images, of whose padding oneDNN reads nothing, so that
/// only a fifth may be in vain. (24 -> 64 channels 1.05 to 1.4, 24 -> 24 0.9 to 1; images of 9x9 1.1, of 7x7 0.6 to
/// 1.2.) With fewer pixels the weights' transform, which each call repeats, would be most of the work.
bool winograd_pays(ConvOp op, const ConvShape& s) {
  constexpr std::int64_t least_pixels = 384;
  const bool to_input = op == ConvOp::input_grad;
  const std::int64_t height = to_input ? s.height : s.out_height, width = to_input ? s.width : s.out_width;
  const winograd::Tiles tiles(winograd::taps_side(static_cast<int>(s.kernel_height)), s.batch, height, width);
  const std::int64_t pixels = s.batch * height * width;
  const std::int64_t covered = tiles.count * tiles.side * tiles.side;
  const std::int64_t products = s.channels * s.out_channels;
  const auto lanes = [](std::int64_t channels) { return winograd::panels(channels) * winograd::kLanes; };
  const double least_share = s.kernel_height == 3 ? 0.5 : 0.8;
  const auto mostly = [&](std::int64_t useful, std::int64_t all) {
    return static_cast<double>(useful) > least_share * static_cast<double>(all);
  };
  return pixels >= least_pixels && mostly(pixels, covered) &&
         mostly(products, lanes(s.channels) * lanes(s.out_channels));
}

/// Whether oneDNN's f32 kernels are slow at gradients of strided convolutions with small images (3x3, 256 -> 512
/// channels, 8x8: im2col 5 instead of 6.2 ms by the input, 5.1 instead of 7.4 by the weight; with larger images or
/// fewer channels it is not faster).
bool strided_gradient_is_slow(ConvOp op, const ConvShape& s) {
  constexpr std::int64_t least_channels = 128, largest_image = 64;
  return op != ConvOp::forward && s.groups == 1 && is_strided(s) && s.taps() > 1 &&
         std::min(s.channels, s.out_channels) >= least_channels && pixels(s) <= largest_image;
}

/// Whether im2col is faster than oneDNN's f32 kernels for AVX2: 64 -> 128 channels with strides from 32x32, 20 to 24
/// instead of 22 to 45 ms each way; 11x11 from 3 channels of 224x224 (AlexNet), 6.5 instead of 10 to 13 ms each way;
/// 3x3 from the same (VGG), 10 instead of 40 ms for the weight's gradient. With few channels of small images it is not.
bool is_slow_with_avx2(ConvOp op, const ConvShape& s) {
  switch (op) {
    case ConvOp::forward:
      return is_strided(s);
    case ConvOp::input_grad:
      return true;
    case ConvOp::weight_grad:
      return is_strided(s) || s.channels >= 8 || s.out_width > 64;
  }
  return false;
}

/// Whether oneDNN's input gradient is out: with a few channels it runs at 4 to 12 % of the machine's peak, windows and
/// products at 20 to 30 %.
bool has_few_channels(ConvOp op, const ConvShape& s) { return op == ConvOp::input_grad && s.group_channels() < 8; }

/// Whether oneDNN's kernels are faster than im2col in f32. For a 1x1 convolution a product is up to 1.4 times faster:
/// its operands need no copy.
bool onednn_pays(ConvOp op, const ConvShape& s, const OneDnnSupport& onednn) {
  if (!onednn.available || has_few_channels(op, s)) return false;
  if (s.groups > 1) return true;
  return !s.is_pointwise() && (onednn.avx512 || !is_slow_with_avx2(op, s));
}

/// The largest image, in pixels of the output, for which im2col is faster with bf16 factors: where the image is so
/// small that oneDNN mostly reads weights, which it does anew for each sample (512 -> 512 channels, 4x4: 3.5
/// against 6.7 ms). oneDNN's gradients are slow with strides, too (256 -> 512, 8x8: 2.1 against 5.5 ms), and with few
/// channels.
std::int64_t largest_bf16_image(ConvOp op, const ConvShape& s) {
  switch (op) {
    case ConvOp::forward:
      return 16;
    case ConvOp::input_grad:
      return is_strided(s) || has_few_channels(op, s) ? INT64_MAX : 16;
    case ConvOp::weight_grad:
      return is_strided(s) ? INT64_MAX : 64;
  }
  return 0;
}

/// With bf16 factors under f32, which only a processor that multiplies bf16 takes as they are.
ConvAlgorithm choose_for_bf16(ConvOp op, const ConvShape& s, const OneDnnSupport& onednn) {
  if (!onednn.bf16) return ConvAlgorithm::upcast;
  if (s.groups == 1 && (s.is_pointwise() || pixels(s) <= largest_bf16_image(op, s))) {
    return ConvAlgorithm::im2col;
  }
  return onednn.available && !has_few_channels(op, s) ? ConvAlgorithm::onednn : ConvAlgorithm::upcast;
}

using HalfAsF32 = Upcast<Scratch<float>, &copy>;

template <class Args>
void run(const Args& args, const OneDnnSupport& onednn = onednn_support(), bool allow_winograd = reel::winograd()) {
  const ConvAlgorithm algorithm = choose(Args::op, args.dtype, args.factors, args.shape, onednn, allow_winograd);
  announce(Args::op, args.factors, args.shape, algorithm);
  switch (algorithm) {
    case ConvAlgorithm::winograd:
      if (!winograd::run(args)) run(args, onednn, false);
      return;
    case ConvAlgorithm::planes:
      return run_planes(args);
    case ConvAlgorithm::im2col:
      return run_im2col(args);
    case ConvAlgorithm::upcast:
      return run_upcast<HalfAsF32>(args, [](const Args& f32) { run(f32); });
    case ConvAlgorithm::onednn:
      if (!run_onednn(args)) run(args, {.available = false, .bf16 = onednn.bf16}, allow_winograd);
      return;
    case ConvAlgorithm::cudnn:
      return;  // the GPU's
  }
}

}  // namespace

ConvAlgorithm choose(ConvOp op, DType dtype, DType factors, const ConvShape& s, const OneDnnSupport& onednn,
                     bool allow_winograd) {
  if (factors != dtype) return choose_for_bf16(op, s, onednn);
  if (kHalf.contains(dtype)) return ConvAlgorithm::upcast;
  if (is_one_plane(s)) return ConvAlgorithm::planes;
  if (dtype != DType::f32 || strided_gradient_is_slow(op, s)) return ConvAlgorithm::im2col;
  if (allow_winograd && winograd::serves(s) && winograd_pays(op, s)) return ConvAlgorithm::winograd;
  return onednn_pays(op, s, onednn) ? ConvAlgorithm::onednn : ConvAlgorithm::im2col;
}

}  // namespace convolution

void conv(const ConvArgs& args) { convolution::run(args); }
void conv_input_grad(const ConvInputGradArgs& args) { convolution::run(args); }
void conv_weight_grad(const ConvWeightGradArgs& args) { convolution::run(args); }

}  // namespace reel::kernels::cpu
