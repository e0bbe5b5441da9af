#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>

namespace reel::nn {

/// Options of Linear.
struct LinearOptions {
  bool bias = true;  ///< Whether there is a bias.
};

/// y = x @ weight^T + bias, over the last dimension. weight [out, in] and bias [out] start uniform in +-1/sqrt(in).
class Linear : public Layer<Linear> {
 public:
  Linear(NullPointer auto null) : Layer(null) {}
  /// A layer with its own weights.
  Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options = {});
  template <class... Values>
  requires PositionalOptions<LinearOptions, Values...> Linear(std::int64_t in_features, std::int64_t out_features,
                                                              const Values&... options)
      : Linear(in_features, out_features, LinearOptions{options...}) {}
  /// A layer that shares these tensors with whatever else uses them: weight tying. `bias` may be undefined.
  explicit Linear(const Tensor& weight, const Tensor& bias = {});

  /// x [..., in] -> [..., out].
  Tensor forward(const Tensor& x) const;

  Tensor weight;  ///< [out, in].
  Tensor bias;    ///< Undefined without one.
};

}  // namespace reel::nn
