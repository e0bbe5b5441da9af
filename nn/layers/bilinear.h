#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>

namespace reel::nn {

/// Options of Bilinear.
struct BilinearOptions {
  bool bias = true;  ///< Whether there is a bias.
};

/// `bilinear` of two vectors. weight [out, in1, in2] and bias [out] start uniform in +-1/sqrt(in1).
class Bilinear : public Layer<Bilinear> {
 public:
  Bilinear(NullPointer auto null) : Layer(null) {}
  /// A layer with its own weights. A ValueError for sizes below 0.
  Bilinear(std::int64_t in1_features, std::int64_t in2_features, std::int64_t out_features,
           const BilinearOptions& options = {});
  template <class... Values>
  requires PositionalOptions<BilinearOptions, Values...> Bilinear(std::int64_t in1_features, std::int64_t in2_features,
                                                                  std::int64_t out_features, const Values&... options)
      : Bilinear(in1_features, in2_features, out_features, BilinearOptions{options...}) {}

  /// a [..., in1] and b [..., in2] -> [..., out].
  Tensor forward(const Tensor& a, const Tensor& b) const;

  Tensor weight;  ///< [out, in1, in2].
  Tensor bias;    ///< Undefined without one.
};

}  // namespace reel::nn
