// The multi-layer perceptron.

#include <reel/nn/models/mlp.h>

#include <reel/nn/layers/linear.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/check.h>

namespace reel::nn::models {

MLP::MLP(const std::vector<std::int64_t>& sizes, const AnyModule& activation) {
  check<ValueError>(sizes.size() >= 2, "MLP: expected the sizes of at least an input and an output, got {}",
                    sizes.size());
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    if (i > 0) layers_.push_back(activation);
    layers_.push_back(Linear(sizes[i], sizes[i + 1]));
  }
}

Tensor MLP::forward(const Tensor& x) const { return layers_(flatten(x, 1)); }

}  // namespace reel::nn::models
