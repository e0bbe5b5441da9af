// Chooses the algorithm of a convolution on the GPU, and runs it.

#include <reel/kernels/announce.h>
#include <reel/kernels/conv_upcast.h>
#include <reel/kernels/cuda/conv/conv_algorithms.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/float32_precision.h>

namespace reel::kernels::cuda {
namespace convolution {
namespace {

using HalfAsF32 = Upcast<Scratch<float>, &copy>;

template <class Args> void run(const Args& args, const CudnnSupport& cudnn) {
  const bool tf32 = float32_precision(Float32Op::conv) == Float32Precision::tf32;
  const ConvAlgorithm algorithm = choose(Args::op, args.dtype, args.factors, args.shape, cudnn, tf32);
  announce(Args::op, args.factors, args.shape, algorithm);
  switch (algorithm) {
    case ConvAlgorithm::cudnn:
      if (!run_cudnn(args)) run_without_cudnn(args);
      return;
    case ConvAlgorithm::im2col:
      return run_im2col(args);
    case ConvAlgorithm::upcast:
      return run_upcast<HalfAsF32>(args, &run_without_cudnn);
    case ConvAlgorithm::winograd:
    case ConvAlgorithm::onednn:
    case ConvAlgorithm::planes:
      return;  // the CPU's
  }
}

}  // namespace

ConvAlgorithm choose(ConvOp op, DType dtype, DType factors, const ConvShape& s, const CudnnSupport& cudnn, bool tf32) {
  // A 1x1 convolution is a product already, and its operands need no copy.
  const bool is_product = s.is_pointwise() && s.groups == 1;
  // Without tensor cores cuDNN has none but general engines for channels-last, or converts the layout; there it gets
  // only what is in groups, each of which would be a product of its own, and what it is timed for.
  const bool tensor_cores = factors != DType::f64 && (factors != DType::f32 || tf32);
  const bool pays = tensor_cores || s.groups > 1 || cudnn.benchmark;
  if (cudnn.available && !is_product && pays && s.is_flat()) return ConvAlgorithm::cudnn;
  const bool adds_up = op != ConvOp::forward && !s.is_pointwise();
  return adds_up && kHalf.contains(dtype) ? ConvAlgorithm::upcast : ConvAlgorithm::im2col;
}

void run_without_cudnn(const ConvArgs& args) { run(args, {}); }
void run_without_cudnn(const ConvInputGradArgs& args) { run(args, {}); }
void run_without_cudnn(const ConvWeightGradArgs& args) { run(args, {}); }

}  // namespace convolution

void conv(const ConvArgs& args) { convolution::run(args, convolution::cudnn_support()); }
void conv_input_grad(const ConvInputGradArgs& args) { convolution::run(args, convolution::cudnn_support()); }
void conv_weight_grad(const ConvWeightGradArgs& args) { convolution::run(args, convolution::cudnn_support()); }

}  // namespace reel::kernels::cuda
