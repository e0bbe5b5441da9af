#include <reel/kernels/cpu/conv_parts.h>

namespace reel::kernels::cpu {

void conv2d(const Conv2dArgs& args) {
  if (args.dtype == DType::f32 && conv2d_direct(args)) return;
  conv2d_im2col(args);
}

void conv2d_input_grad(const Conv2dInputGradArgs& args) {
  if (args.dtype == DType::f32 && conv2d_input_grad_direct(args)) return;
  conv2d_input_grad_im2col(args);
}

void conv2d_weight_grad(const Conv2dWeightGradArgs& args) {
  if (args.dtype == DType::f32 && conv2d_weight_grad_direct(args)) return;
  conv2d_weight_grad_im2col(args);
}

}  // namespace reel::kernels::cpu
