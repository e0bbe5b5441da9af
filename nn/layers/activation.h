#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>
#include <reel/ops/activation.h>
#include <reel/ops/pointwise.h>

/// The activation functions as layers; `ops/ops.h` says what each computes.
namespace reel::nn {

/// A layer without options: the function itself.
template <class Derived, Tensor (*function)(const Tensor&)> class Activation : public Layer<Derived> {
 public:
  Activation() = default;
  Activation(NullPointer auto null) : Layer<Derived>(null) {}
  /// The function of x.
  Tensor forward(const Tensor& x) const { return function(x); }
};

/// `relu`.
class ReLU : public Activation<ReLU, relu> {
  using Activation::Activation;
};
/// `selu`.
class SELU : public Activation<SELU, selu> {
  using Activation::Activation;
};
/// `silu`.
class SiLU : public Activation<SiLU, silu> {
  using Activation::Activation;
};
/// `mish`.
class Mish : public Activation<Mish, mish> {
  using Activation::Activation;
};
/// `sigmoid`.
class Sigmoid : public Activation<Sigmoid, sigmoid> {
  using Activation::Activation;
};
/// `tanh`.
class Tanh : public Activation<Tanh, tanh> {
  using Activation::Activation;
};

/// `gelu`, exact or approximate.
class GELU : public Layer<GELU> {
 public:
  GELU(NullPointer auto null) : Layer(null) {}
  /// The function in this form, applied to x.
  explicit GELU(GeluApproximate approximate = GeluApproximate::none);
  Tensor forward(const Tensor& x) const;

 private:
  GeluApproximate approximate_ = GeluApproximate::none;
};

/// `glu` along `dim`.
class GLU : public Layer<GLU> {
 public:
  GLU(NullPointer auto null) : Layer(null) {}
  /// The function with these options, applied to x.
  explicit GLU(std::int64_t dim = -1);
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t dim_ = -1;
};

/// `leaky_relu`.
class LeakyReLU : public Layer<LeakyReLU> {
 public:
  LeakyReLU(NullPointer auto null) : Layer(null) {}
  /// The function with these options, applied to x.
  explicit LeakyReLU(double negative_slope = 0.01);
  Tensor forward(const Tensor& x) const;

 private:
  double negative_slope_ = 0;
};

/// Options of PReLU.
struct PReLUOptions {
  std::int64_t num_parameters = 1;  ///< 1, or the number of channels (dimension 1).
  double init = 0.25;               ///< What the slopes start with.
};

/// `prelu`: a leaky relu that learns its slope.
class PReLU : public Layer<PReLU> {
 public:
  PReLU(NullPointer auto null) : Layer(null) {}
  /// The function with these options, applied to x.
  explicit PReLU(const PReLUOptions& options = {});
  template <class... Values>
  requires PositionalOptions<PReLUOptions, Values...>
  explicit PReLU(const Values&... options) : PReLU(PReLUOptions{options...}) {}
  Tensor forward(const Tensor& x) const;

  Tensor weight;  ///< The slopes, [num_parameters].
};

/// `elu`.
class ELU : public Layer<ELU> {
 public:
  ELU(NullPointer auto null) : Layer(null) {}
  /// The function with these options, applied to x.
  explicit ELU(double alpha = 1);
  Tensor forward(const Tensor& x) const;

 private:
  double alpha_ = 0;
};

/// Options of Softplus.
struct SoftplusOptions {
  /// In PyTorch's argument order.
  double beta = 1;
  double threshold = 20;
};

/// `softplus`.
class Softplus : public Layer<Softplus> {
 public:
  Softplus(NullPointer auto null) : Layer(null) {}
  /// The function with these options, applied to x.
  explicit Softplus(const SoftplusOptions& options = {});
  template <class... Values>
  requires PositionalOptions<SoftplusOptions, Values...>
  explicit Softplus(const Values&... options) : Softplus(SoftplusOptions{options...}) {}
  Tensor forward(const Tensor& x) const;

 private:
  SoftplusOptions options_;
};

/// Options of Hardtanh.
struct HardtanhOptions {
  /// In PyTorch's argument order.
  double min_val = -1;
  double max_val = 1;
};

/// `hardtanh`.
class Hardtanh : public Layer<Hardtanh> {
 public:
  Hardtanh(NullPointer auto null) : Layer(null) {}
  /// The function with these options, applied to x.
  explicit Hardtanh(const HardtanhOptions& options = {});
  template <class... Values>
  requires PositionalOptions<HardtanhOptions, Values...>
  explicit Hardtanh(const Values&... options) : Hardtanh(HardtanhOptions{options...}) {}
  Tensor forward(const Tensor& x) const;

 private:
  HardtanhOptions options_;
};

/// `softmax` along `dim`. (PyTorch guesses a dimension if it is omitted; here it is required.)
class Softmax : public Layer<Softmax> {
 public:
  Softmax(NullPointer auto null) : Layer(null) {}
  /// The function with these options, applied to x.
  explicit Softmax(std::int64_t dim);
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t dim_ = 0;
};

/// `log_softmax` along `dim`.
class LogSoftmax : public Layer<LogSoftmax> {
 public:
  LogSoftmax(NullPointer auto null) : Layer(null) {}
  /// The function with these options, applied to x.
  explicit LogSoftmax(std::int64_t dim);
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t dim_ = 0;
};

}  // namespace reel::nn
