#pragma once

#include <reel/nn/layer.h>
#include <reel/ops/ops.h>

/// The activation functions as layers; `ops/ops.h` says what each computes.
namespace reel::nn {

/// A layer without options: the function itself.
template <class Derived, Tensor (*function)(const Tensor&)> class Activation : public Layer<Derived> {
 public:
  Tensor forward(const Tensor& x) const { return function(x); }
};

class ReLU : public Activation<ReLU, relu> {};
class SELU : public Activation<SELU, selu> {};
class SiLU : public Activation<SiLU, silu> {};
class Sigmoid : public Activation<Sigmoid, sigmoid> {};
class Tanh : public Activation<Tanh, tanh> {};

/// gelu, in its exact form.
class GELU : public Activation<GELU, gelu> {
 public:
  GELU();
};

class LeakyReLU : public Layer<LeakyReLU> {
 public:
  explicit LeakyReLU(double negative_slope = 0.01);
  Tensor forward(const Tensor& x) const;

 private:
  double negative_slope_;
};

struct PReLUOptions {
  std::int64_t num_parameters = 1;  ///< 1, or the number of channels (dimension 1).
  double init = 0.25;
};

/// A leaky relu that learns its slope.
class PReLU : public Layer<PReLU> {
 public:
  explicit PReLU(const PReLUOptions& options = {});
  Tensor forward(const Tensor& x) const;

  Tensor weight;
};

class ELU : public Layer<ELU> {
 public:
  explicit ELU(double alpha = 1);
  Tensor forward(const Tensor& x) const;

 private:
  double alpha_;
};

struct SoftplusOptions {
  double beta = 1;
  double threshold = 20;
};

class Softplus : public Layer<Softplus> {
 public:
  explicit Softplus(const SoftplusOptions& options = {});
  Tensor forward(const Tensor& x) const;

 private:
  SoftplusOptions options_;
};

struct HardtanhOptions {
  double min_val = -1;
  double max_val = 1;
};

class Hardtanh : public Layer<Hardtanh> {
 public:
  explicit Hardtanh(const HardtanhOptions& options = {});
  Tensor forward(const Tensor& x) const;

 private:
  HardtanhOptions options_;
};

/// softmax along `dim`, which PyTorch lets one omit and then guesses.
class Softmax : public Layer<Softmax> {
 public:
  explicit Softmax(std::int64_t dim);
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t dim_;
};

class LogSoftmax : public Layer<LogSoftmax> {
 public:
  explicit LogSoftmax(std::int64_t dim);
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t dim_;
};

}  // namespace reel::nn
