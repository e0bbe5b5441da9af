#pragma once

#include <reel/nn/layers/activation.h>
#include <reel/nn/sequential.h>

namespace reel::nn::models {

/// Fully connected layers with an activation between them: `MLP({784, 500, 10})`, `MLP({784, 500, 10}, nn::Sigmoid())`.
class MLP : public Layer<MLP> {
 public:
  /// `sizes`: inputs, hidden layers, outputs; at least two (ValueError).
  explicit MLP(const std::vector<std::int64_t>& sizes, const AnyModule& activation = ReLU());

  /// x [N, ...] is flattened to [N, sizes.front()] -> [N, sizes.back()].
  Tensor forward(const Tensor& x) const;

 private:
  Sequential layers_ = register_module("layers", Sequential());
};

}  // namespace reel::nn::models
