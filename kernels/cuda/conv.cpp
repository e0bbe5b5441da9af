#include <reel/kernels/conv_widened.h>
#include <reel/kernels/cuda/conv_parts.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

/// A 1x1 convolution is a product already, and its operands need no copy.
template <class Args> bool wants_cudnn(const Args& args) {
  return !(args.shape.is_pointwise() && args.shape.groups == 1);
}

struct Floats : Scratch<float> {
  using Scratch::Scratch;
  float* data() const { return get(); }
};
using InF32 = Widened<Floats, &copy>;

/// The gradients add rows, or chunks, up in the result, which must not round each sum. A 1x1 convolution has only one.
template <class Args> bool adds_up_halves(const Args& args) {
  return kHalf.contains(args.dtype) && !args.shape.is_pointwise();
}

}  // namespace

void conv2d(const Conv2dArgs& args) {
  if (wants_cudnn(args) && conv2d_cudnn(args)) return;
  conv2d_im2col(args);
}

void conv2d_input_grad(const Conv2dInputGradArgs& args) {
  if (wants_cudnn(args) && conv2d_input_grad_cudnn(args)) return;
  if (adds_up_halves(args)) return conv2d_input_grad_widened<InF32>(args, &conv2d_input_grad_im2col);
  conv2d_input_grad_im2col(args);
}

void conv2d_weight_grad(const Conv2dWeightGradArgs& args) {
  if (wants_cudnn(args) && conv2d_weight_grad_cudnn(args)) return;
  if (adds_up_halves(args)) return conv2d_weight_grad_widened<InF32>(args, &conv2d_weight_grad_im2col);
  conv2d_weight_grad_im2col(args);
}

}  // namespace reel::kernels::cuda
