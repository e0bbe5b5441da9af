#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <reel/kernels/conv.h>
#include <reel/kernels/cuda/conv/cudnn.h>

/// Convolutions as cuDNN sees them: a graph of operations, and plans, which are ways of running it.
namespace reel::kernels::cuda::convolution {

/// The bytes that addresses should be multiples of: no engine asks for more.
inline constexpr std::int64_t kConvAlignment = 16;

/// All that a plan depends on but the device.
struct ConvForm {
  ConvOp op;
  DType dtype;  // of the result and the bias
  ConvShape shape;
  bool bias;               // added to the result; forward only
  bool tf32;               // whether factors in f32 may be rounded to 11 bits
  std::int64_t alignment;  // a power of two that every address is a multiple of, at most kConvAlignment
  DType factors = dtype;   // the same, or bf16 under f32
};

/// What a plan's tensors are called when it is run.
enum ConvTensor : std::int64_t { kConvX = 1, kConvWeight, kConvY, kConvBias };

/// Whom plans are made for: a device, or properties of one that need not be there.
struct ConvTarget {
  cudnn::Handle handle = nullptr;
  const cudnn::Descriptor* properties = nullptr;
};

struct ConvPlan {
  cudnn::Descriptor config, plan;
  std::int64_t workspace;  // bytes
};

/// The convolution, finalised; none where cuDNN cannot describe it.
std::optional<cudnn::Descriptor> conv_graph(const ConvForm& form, cudnn::Handle handle);

/// Up to `count` plans that form and policy allow, by cuDNN's estimate the fastest first.
std::vector<ConvPlan> conv_plans(const ConvForm& form, const ConvTarget& target, std::size_t count);

}  // namespace reel::kernels::cuda::convolution
