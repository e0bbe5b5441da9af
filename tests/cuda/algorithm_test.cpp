// Which algorithm the GPU's convolutions take.

#include <doctest/doctest.h>
#include <reel/kernels/cuda/conv/conv_algorithms.h>

using namespace reel;
using kernels::ConvOp;
using kernels::ConvShape;
using kernels::cuda::convolution::choose;
using kernels::cuda::convolution::CudnnSupport;

namespace {

constexpr CudnnSupport kNoCudnn{}, kCudnn{.available = true}, kBenchmark{.available = true, .benchmark = true};
constexpr ConvShape kWide{32, 64, 32, 32, 64, 3, 3, 32, 32, 1, 1, 1, 1, 1, 1, 1};
constexpr ConvShape kDepthwise{32, 64, 32, 32, 64, 3, 3, 32, 32, 1, 1, 1, 1, 1, 1, 64};
constexpr ConvShape kPointwise{32, 64, 32, 32, 64, 1, 1, 32, 32, 1, 1, 1, 1, 0, 0, 1};

}  // namespace

TEST_CASE("the choice of a convolution's algorithm on the GPU") {
  using enum ConvAlgorithm;
  for (const auto op : {ConvOp::forward, ConvOp::input_grad, ConvOp::weight_grad}) {
    for (const DType dtype : {DType::f32, DType::f64, DType::f16, DType::bf16}) {
      for (const bool tf32 : {false, true}) {
        const bool tensor_cores = kHalf.contains(dtype) || (dtype == DType::f32 && tf32);
        const ConvAlgorithm rows = kHalf.contains(dtype) && op != ConvOp::forward ? upcast : im2col;
        CHECK(choose(op, dtype, dtype, kWide, kNoCudnn, tf32) == rows);
        CHECK(choose(op, dtype, dtype, kDepthwise, kNoCudnn, tf32) == rows);
        CHECK(choose(op, dtype, dtype, kWide, kCudnn, tf32) == (tensor_cores ? cudnn : rows));
        CHECK(choose(op, dtype, dtype, kWide, kBenchmark, tf32) == cudnn);
        CHECK(choose(op, dtype, dtype, kDepthwise, kCudnn, tf32) == cudnn);
        for (const CudnnSupport& any : {kNoCudnn, kCudnn, kBenchmark}) {
          CHECK(choose(op, dtype, dtype, kPointwise, any, tf32) == im2col);
        }
      }
    }
    CHECK(choose(op, DType::f32, DType::bf16, kWide, kCudnn, false) == cudnn);
    CHECK(choose(op, DType::f32, DType::bf16, kWide, kNoCudnn, false) == im2col);
  }
}
