#include <algorithm>

#include <reel/kernels/conv_widened.h>
#include <reel/kernels/cpu/conv/conv_algorithms.h>
#include <reel/kernels/cpu/conv/winograd/winograd.h>
#include <reel/kernels/cpu/gemm/gemm_algorithms.h>
#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/winograd.h>

namespace reel::kernels::cpu {
namespace {

using InF32 = Widened<Scratch<float>, &copy>;

bool has_steps(const Conv2dShape& s) { return s.stride_h > 1 || s.stride_w > 1; }

// Where rows and a product are faster than oneDNN's kernels for AVX2: 64 -> 128 channels with steps from 32x32, 20 to
// 24 instead of 22 to 45 ms each way; 11x11 from 3 channels of 224x224 (AlexNet), 6.5 instead of 10 to 13 ms each way;
// 3x3 from the same (VGG), 10 instead of 40 ms for the weight's gradient. With few channels of small images they are
// not.
bool is_slow_without_avx512(const Conv2dArgs& args) { return has_steps(args.shape); }
bool is_slow_without_avx512(const Conv2dInputGradArgs&) { return true; }
bool is_slow_without_avx512(const Conv2dWeightGradArgs& args) {
  return has_steps(args.shape) || args.shape.channels >= 8 || args.shape.out_width > 64;
}

/// oneDNN takes f32, but for a 1x1 convolution a product is up to 1.4 times faster: its operands need no copy.
template <class Args> bool wants_direct(const Args& args) {
  if (args.dtype != DType::f32) return false;
  if (args.shape.groups > 1) return true;
  return !args.shape.is_pointwise() && (direct_uses_avx512() || !is_slow_without_avx512(args));
}

/// Gradients of f32 convolutions with steps and small images, at which oneDNN is slow (3x3, 256 -> 512 channels, 8x8: 5
/// instead of 6.2 ms by the input, 5.1 instead of 7.4 by the weight; with larger images or fewer channels it is not).
bool wants_strided_product(DType dtype, const Conv2dShape& s) {
  constexpr std::int64_t least_channels = 128, largest_image = 64;
  return dtype == DType::f32 && s.groups == 1 && has_steps(s) && s.kernel_height * s.kernel_width > 1 &&
         std::min(s.channels, s.out_channels) >= least_channels && s.out_height * s.out_width <= largest_image;
}

/// f32 results of bf16 factors.
template <class Args> bool is_mixed(const Args& args) { return args.factors != args.dtype; }

/// Whether such a convolution is faster as a product: 1x1 as above, and where the image is so small that oneDNN mostly
/// reads weights, which it does anew for each sample (512 -> 512 channels, 4x4: 3.5 against 6.7 ms).
bool wants_product(const Conv2dShape& s, DType factors, std::int64_t smallest_image) {
  return factors == DType::bf16 && multiplies_bf16() && s.groups == 1 &&
         (s.is_pointwise() || s.out_height * s.out_width <= smallest_image);
}
bool wants_product(const Conv2dArgs& args) { return is_mixed(args) && wants_product(args.shape, args.factors, 16); }

/// oneDNN's gradients are slow with steps, too (256 -> 512, 8x8: 2.1 against 5.5 ms), and with few channels.
bool wants_product(const Conv2dInputGradArgs& args) {
  if (!is_mixed(args)) return wants_strided_product(args.dtype, args.shape);
  const bool slow = has_steps(args.shape) || args.shape.channels < 8;
  return wants_product(args.shape, args.factors, slow ? INT64_MAX : 16);
}
bool wants_product(const Conv2dWeightGradArgs& args) {
  if (!is_mixed(args)) return wants_strided_product(args.dtype, args.shape);
  return wants_product(args.shape, args.factors, has_steps(args.shape) ? INT64_MAX : 64);
}

template <class Args> bool wants_winograd(const Args& args) { return reel::winograd() && winograd_pays(args); }

}  // namespace

void conv2d(const Conv2dArgs& args) {
  if (wants_product(args)) return conv2d_im2col(args);
  if (is_mixed(args) && conv2d_direct(args)) return;
  if (kHalf.contains(args.factors)) return conv2d_widened<InF32>(args, &conv2d);
  if (wants_winograd(args)) return conv2d_winograd(args);
  if (wants_direct(args) && conv2d_direct(args)) return;
  conv2d_im2col(args);
}

void conv2d_input_grad(const Conv2dInputGradArgs& args) {
  if (wants_product(args)) return conv2d_input_grad_im2col(args);
  if (is_mixed(args) && conv2d_input_grad_direct(args)) return;
  if (kHalf.contains(args.factors)) return conv2d_input_grad_widened<InF32>(args, &conv2d_input_grad);
  if (wants_winograd(args)) return conv2d_input_grad_winograd(args);
  if (wants_direct(args) && conv2d_input_grad_direct(args)) return;
  conv2d_input_grad_im2col(args);
}

void conv2d_weight_grad(const Conv2dWeightGradArgs& args) {
  if (wants_product(args)) return conv2d_weight_grad_im2col(args);
  if (is_mixed(args) && conv2d_weight_grad_direct(args)) return;
  if (kHalf.contains(args.factors)) return conv2d_weight_grad_widened<InF32>(args, &conv2d_weight_grad);
  if (wants_winograd(args)) return conv2d_weight_grad_winograd(args);
  if (wants_direct(args) && conv2d_weight_grad_direct(args)) return;
  conv2d_weight_grad_im2col(args);
}

}  // namespace reel::kernels::cpu
