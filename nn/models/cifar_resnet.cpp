// The residual and the plain networks for CIFAR.

#include <reel/nn/models/cifar_resnet.h>

#include <reel/nn/layers/batch_norm.h>
#include <reel/nn/layers/conv.h>
#include <reel/nn/models/blocks.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/convolution.h>
#include <reel/ops/indexing.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/check.h>

namespace reel::nn::models {
namespace {

/// Two 3x3 convolutions and, unless it is plain, a shortcut without parameters past them.
class CifarBlock : public Layer<CifarBlock> {
 public:
  CifarBlock(std::int64_t in, std::int64_t out, bool plain)
      : stride_(in == out ? 1 : 2), new_channels_(out - in), plain_(plain) {
    conv1_ = register_module("conv1", Conv2d(in, out, 3, {.stride = stride_, .padding = 1, .bias = false}));
    bn1_ = register_module("bn1", BatchNorm2d(out, {.relu = true}));
    conv2_ = register_module("conv2", Conv2d(out, out, 3, {.padding = 1, .bias = false}));
    bn2_ = register_module("bn2", BatchNorm2d(out, {.relu = plain}));
  }

  Tensor forward(const Tensor& x) const {
    const Tensor y = bn2_(conv2_(bn1_(conv1_(x))));
    return plain_ ? y : relu(y + shortcut(x));
  }

 private:
  Tensor shortcut(const Tensor& x) const {
    if (new_channels_ == 0) return x;
    const Tensor pixels = slice(slice(x, 2, {}, {}, stride_), 3, {}, {}, stride_);
    return pad(pixels, {0, 0, 0, 0, new_channels_ / 2, new_channels_ - new_channels_ / 2});
  }

  std::int64_t stride_, new_channels_;
  bool plain_;
  Conv2d conv1_{nullptr}, conv2_{nullptr};
  BatchNorm2d bn1_{nullptr}, bn2_{nullptr};
};

}  // namespace

CifarResNet::CifarResNet(int depth, const CifarResNetOptions& options) : checkpoint_(options.checkpoint) {
  check<ValueError>(depth >= 8 && depth % 6 == 2,
                    "CifarResNet: expected a depth of 6 n + 2 with n of 1 or more, got {}", depth);
  std::int64_t in = 16;
  stem_.push_back(register_module("conv1", Conv2d(3, in, 3, {.padding = 1, .bias = false})));
  stem_.push_back(register_module("bn1", BatchNorm2d(in, {.relu = true})));
  int stage = 0;
  for (const std::int64_t channels : {16, 32, 64}) {
    Sequential layer;
    for (int i = 0; i < depth / 6; ++i, in = channels) layer.push_back(CifarBlock(in, channels, options.plain));
    register_module("layer" + std::to_string(++stage), layer);
    for (const AnyModule& block : layer) blocks_.push_back(block);
  }
  fc_ = register_module("fc", Linear(in, options.num_classes));
  detail::init_for_relu(*this, false);
}

Tensor CifarResNet::forward(const Tensor& x) const {
  return fc_(flatten(adaptive_avg_pool2d(detail::run_blocks(blocks_, stem_(x), checkpoint_), 1), 1));
}

}  // namespace reel::nn::models
