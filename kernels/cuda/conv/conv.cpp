#include <reel/kernels/cuda/conv/conv_algorithms.h>

namespace reel::kernels::cuda {
namespace {

/// A 1x1 convolution is a product already, and its operands need no copy.
template <class Args> bool wants_cudnn(const Args& args) {
  return !(args.shape.is_pointwise() && args.shape.groups == 1);
}

}  // namespace

void conv2d(const Conv2dArgs& args) {
  if (wants_cudnn(args) && conv2d_cudnn(args)) return;
  conv2d_im2col(args);
}

void conv2d_input_grad(const Conv2dInputGradArgs& args) {
  if (wants_cudnn(args) && conv2d_input_grad_cudnn(args)) return;
  conv2d_input_grad_im2col(args);
}

void conv2d_weight_grad(const Conv2dWeightGradArgs& args) {
  if (wants_cudnn(args) && conv2d_weight_grad_cudnn(args)) return;
  conv2d_weight_grad_im2col(args);
}

}  // namespace reel::kernels::cuda
