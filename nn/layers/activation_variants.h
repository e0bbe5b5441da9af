#pragma once

#include <reel/nn/layers/activation.h>
#include <reel/ops/activation_variants.h>

/// The rarer activation functions as layers; `ops/activation_variants.h` says what each computes.
namespace reel::nn {

/// `hardswish`.
class Hardswish : public Activation<Hardswish, hardswish> {
  using Activation::Activation;
};
/// `hardsigmoid`.
class Hardsigmoid : public Activation<Hardsigmoid, hardsigmoid> {
  using Activation::Activation;
};
/// `relu6`.
class ReLU6 : public Activation<ReLU6, relu6> {
  using Activation::Activation;
};
/// `softsign`.
class Softsign : public Activation<Softsign, softsign> {
  using Activation::Activation;
};
/// `tanhshrink`.
class Tanhshrink : public Activation<Tanhshrink, tanhshrink> {
  using Activation::Activation;
};
/// `logsigmoid`.
class LogSigmoid : public Activation<LogSigmoid, logsigmoid> {
  using Activation::Activation;
};

/// `celu`.
class CELU : public Layer<CELU> {
 public:
  CELU(NullPointer auto null) : Layer(null) {}
  /// The function with these options, applied to x.
  explicit CELU(double alpha = 1);
  Tensor forward(const Tensor& x) const;

 private:
  double alpha_ = 0;
};

/// `hardshrink`.
class Hardshrink : public Layer<Hardshrink> {
 public:
  Hardshrink(NullPointer auto null) : Layer(null) {}
  /// The function with these options, applied to x.
  explicit Hardshrink(double lambd = 0.5);
  Tensor forward(const Tensor& x) const;

 private:
  double lambd_ = 0;
};

/// `softshrink`.
class Softshrink : public Layer<Softshrink> {
 public:
  Softshrink(NullPointer auto null) : Layer(null) {}
  /// The function with these options, applied to x.
  explicit Softshrink(double lambd = 0.5);
  Tensor forward(const Tensor& x) const;

 private:
  double lambd_ = 0;
};

/// `threshold`.
class Threshold : public Layer<Threshold> {
 public:
  Threshold(NullPointer auto null) : Layer(null) {}
  /// The function with these options, applied to x.
  Threshold(double threshold, double value);
  Tensor forward(const Tensor& x) const;

 private:
  double threshold_ = 0, value_ = 0;
};

/// Options of RReLU.
struct RReLUOptions {
  /// In PyTorch's argument order.
  double lower = 1.0 / 8;
  double upper = 1.0 / 3;
};

/// `rrelu`: with random slopes in training, with their mean in evaluation.
class RReLU : public Layer<RReLU> {
 public:
  RReLU(NullPointer auto null) : Layer(null) {}
  /// The function with these options, applied to x.
  explicit RReLU(const RReLUOptions& options = {});
  template <class... Values>
  requires PositionalOptions<RReLUOptions, Values...>
  explicit RReLU(const Values&... options) : RReLU(RReLUOptions{options...}) {}
  Tensor forward(const Tensor& x) const;

 private:
  RReLUOptions options_;
};

/// `softmin` along `dim`.
class Softmin : public Layer<Softmin> {
 public:
  Softmin(NullPointer auto null) : Layer(null) {}
  /// The function with these options, applied to x.
  explicit Softmin(std::int64_t dim);
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t dim_ = 0;
};

/// `softmax` over the channels of images, [N, C, H, W] or [C, H, W].
class Softmax2d : public Layer<Softmax2d> {
 public:
  Softmax2d() = default;
  Softmax2d(NullPointer auto null) : Layer(null) {}
  /// x of the same shape. A ShapeError if x is of another rank.
  Tensor forward(const Tensor& x) const;
};

/// `alpha_dropout` in training; in evaluation it returns its input.
class AlphaDropout : public Layer<AlphaDropout> {
 public:
  AlphaDropout(NullPointer auto null) : Layer(null) {}
  /// p is the probability that an element is dropped; outside [0, 1] it is a ValueError.
  explicit AlphaDropout(double p = 0.5);
  Tensor forward(const Tensor& x) const;

 private:
  double p_ = 0;
};

/// `feature_alpha_dropout` (whole channels of [N, C, ...]) in training; in evaluation it returns its input.
class FeatureAlphaDropout : public Layer<FeatureAlphaDropout> {
 public:
  FeatureAlphaDropout(NullPointer auto null) : Layer(null) {}
  /// p is the probability that a channel is dropped; outside [0, 1] it is a ValueError.
  explicit FeatureAlphaDropout(double p = 0.5);
  Tensor forward(const Tensor& x) const;

 private:
  double p_ = 0;
};

}  // namespace reel::nn
