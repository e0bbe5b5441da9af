#pragma once

#include <vector>

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>
#include <reel/ops/options.h>

namespace reel::nn {

namespace detail {

/// What a convolution pads itself with, where that is not zeros.
struct Border {
  PadMode mode = PadMode::constant;
  std::vector<std::int64_t> amounts = {};  ///< Those of `pad`; empty where there is nothing to do.

  /// x with it.
  Tensor around(const Tensor& x) const;
};

}  // namespace detail

/// Options of Conv1d: those of the operation, whether there is a bias, and what surrounds the input as its padding.
struct Conv1dOptions {
  /// In PyTorch's argument order.
  std::int64_t stride = 1;
  Padding padding = 0;
  std::int64_t dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;                          ///< Whether there is one.
  PadMode padding_mode = PadMode::constant;  ///< Zeros, or as `pad` does.
};

/// Options of Conv2d: those of the operation, whether there is a bias, and what surrounds the input as its padding.
struct Conv2dOptions {
  /// In PyTorch's argument order.
  Size2d stride = 1;
  Padding padding = 0;
  Size2d dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;                          ///< Whether there is one.
  PadMode padding_mode = PadMode::constant;  ///< Zeros, or as `pad` does.
};

/// Options of Conv3d: those of the operation, whether there is a bias, and what surrounds the input as its padding.
struct Conv3dOptions {
  /// In PyTorch's argument order.
  Size3d stride = 1;
  Padding3d padding = 0;
  Size3d dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;                          ///< Whether there is one.
  PadMode padding_mode = PadMode::constant;  ///< Zeros, or as `pad` does.
};

/// Options of ConvTranspose1d: those of the operation, and whether there is a bias.
struct ConvTranspose1dOptions {
  /// In PyTorch's argument order.
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t output_padding = 0;
  std::int64_t groups = 1;
  bool bias = true;
  std::int64_t dilation = 1;
};

/// Options of ConvTranspose2d: those of the operation, and whether there is a bias.
struct ConvTranspose2dOptions {
  /// In PyTorch's argument order.
  Size2d stride = 1;
  Size2d padding = 0;
  Size2d output_padding = 0;
  std::int64_t groups = 1;
  bool bias = true;
  Size2d dilation = 1;
};

/// Options of ConvTranspose3d: those of the operation, and whether there is a bias.
struct ConvTranspose3dOptions {
  /// In PyTorch's argument order.
  Size3d stride = 1;
  Size3d padding = 0;
  Size3d output_padding = 0;
  std::int64_t groups = 1;
  bool bias = true;
  Size3d dilation = 1;
};

/// `conv1d` with weight [out, in / groups, K] and bias [out], which start uniform in +-1/sqrt(fan_in).
class Conv1d : public Layer<Conv1d> {
 public:
  Conv1d(NullPointer auto null) : Layer(null) {}
  /// A layer with its own weights. ValueErrors for sizes that make no sense.
  Conv1d(std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel_size,
         const Conv1dOptions& options = {});
  template <class... Values>
  requires PositionalOptions<Conv1dOptions, Values...> Conv1d(std::int64_t in_channels, std::int64_t out_channels,
                                                              std::int64_t kernel_size, const Values&... options)
      : Conv1d(in_channels, out_channels, kernel_size, Conv1dOptions{options...}) {}

  /// x [N, in, L] -> [N, out, L'], or both without N.
  Tensor forward(const Tensor& x) const;

  /// The parameters.
  Tensor weight;
  Tensor bias;  ///< Undefined without one.

 private:
  reel::Conv1dOptions options_;
  detail::Border border_;
};

/// `conv2d` with weight [out, in / groups, KH, KW] and bias [out], which start uniform in +-1/sqrt(fan_in).
class Conv2d : public Layer<Conv2d> {
 public:
  Conv2d(NullPointer auto null) : Layer(null) {}
  /// A layer with its own weights. ValueErrors for sizes that make no sense.
  Conv2d(std::int64_t in_channels, std::int64_t out_channels, Size2d kernel_size, const Conv2dOptions& options = {});
  template <class... Values>
  requires PositionalOptions<Conv2dOptions, Values...> Conv2d(std::int64_t in_channels, std::int64_t out_channels,
                                                              Size2d kernel_size, const Values&... options)
      : Conv2d(in_channels, out_channels, kernel_size, Conv2dOptions{options...}) {}

  /// x [N, in, H, W] -> [N, out, H', W'], or both without N.
  Tensor forward(const Tensor& x) const;

  /// The parameters.
  Tensor weight;
  Tensor bias;  ///< Undefined without one.

 private:
  reel::Conv2dOptions options_;
  detail::Border border_;
};

/// `conv3d` with weight [out, in / groups, KD, KH, KW] and bias [out], which start uniform in +-1/sqrt(fan_in).
class Conv3d : public Layer<Conv3d> {
 public:
  Conv3d(NullPointer auto null) : Layer(null) {}
  /// A layer with its own weights. ValueErrors for sizes that make no sense.
  Conv3d(std::int64_t in_channels, std::int64_t out_channels, Size3d kernel_size, const Conv3dOptions& options = {});
  template <class... Values>
  requires PositionalOptions<Conv3dOptions, Values...> Conv3d(std::int64_t in_channels, std::int64_t out_channels,
                                                              Size3d kernel_size, const Values&... options)
      : Conv3d(in_channels, out_channels, kernel_size, Conv3dOptions{options...}) {}

  /// x [N, in, D, H, W] -> [N, out, D', H', W'], or both without N.
  Tensor forward(const Tensor& x) const;

  /// The parameters.
  Tensor weight;
  Tensor bias;  ///< Undefined without one.

 private:
  reel::Conv3dOptions options_;
  detail::Border border_;
};

/// `conv_transpose1d` with weight [in, out / groups, K] and bias [out], which start uniform in
/// +-1/sqrt(out / groups * K), as in PyTorch.
class ConvTranspose1d : public Layer<ConvTranspose1d> {
 public:
  ConvTranspose1d(NullPointer auto null) : Layer(null) {}
  /// A layer with its own weights. ValueErrors for sizes that make no sense.
  ConvTranspose1d(std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel_size,
                  const ConvTranspose1dOptions& options = {});
  template <class... Values>
  requires PositionalOptions<ConvTranspose1dOptions, Values...> ConvTranspose1d(std::int64_t in_channels,
                                                                                std::int64_t out_channels,
                                                                                std::int64_t kernel_size,
                                                                                const Values&... options)
      : ConvTranspose1d(in_channels, out_channels, kernel_size, ConvTranspose1dOptions{options...}) {}

  /// x [N, in, L] -> [N, out, L'], or both without N.
  Tensor forward(const Tensor& x) const;

  /// The parameters.
  Tensor weight;
  Tensor bias;  ///< Undefined without one.

 private:
  reel::ConvTranspose1dOptions options_;
};

/// `conv_transpose2d` with weight [in, out / groups, KH, KW] and bias [out], which start uniform in
/// +-1/sqrt(out / groups * KH * KW), as in PyTorch.
class ConvTranspose2d : public Layer<ConvTranspose2d> {
 public:
  ConvTranspose2d(NullPointer auto null) : Layer(null) {}
  /// A layer with its own weights. ValueErrors for sizes that make no sense.
  ConvTranspose2d(std::int64_t in_channels, std::int64_t out_channels, Size2d kernel_size,
                  const ConvTranspose2dOptions& options = {});
  template <class... Values>
  requires PositionalOptions<ConvTranspose2dOptions, Values...> ConvTranspose2d(std::int64_t in_channels,
                                                                                std::int64_t out_channels,
                                                                                Size2d kernel_size,
                                                                                const Values&... options)
      : ConvTranspose2d(in_channels, out_channels, kernel_size, ConvTranspose2dOptions{options...}) {}

  /// x [N, in, H, W] -> [N, out, H', W'], or both without N.
  Tensor forward(const Tensor& x) const;

  /// The parameters.
  Tensor weight;
  Tensor bias;  ///< Undefined without one.

 private:
  reel::ConvTranspose2dOptions options_;
};

/// `conv_transpose3d` with weight [in, out / groups, KD, KH, KW] and bias [out], which start uniform in
/// +-1/sqrt(out / groups * KD * KH * KW), as in PyTorch.
class ConvTranspose3d : public Layer<ConvTranspose3d> {
 public:
  ConvTranspose3d(NullPointer auto null) : Layer(null) {}
  /// A layer with its own weights. ValueErrors for sizes that make no sense.
  ConvTranspose3d(std::int64_t in_channels, std::int64_t out_channels, Size3d kernel_size,
                  const ConvTranspose3dOptions& options = {});
  template <class... Values>
  requires PositionalOptions<ConvTranspose3dOptions, Values...> ConvTranspose3d(std::int64_t in_channels,
                                                                                std::int64_t out_channels,
                                                                                Size3d kernel_size,
                                                                                const Values&... options)
      : ConvTranspose3d(in_channels, out_channels, kernel_size, ConvTranspose3dOptions{options...}) {}

  /// x [N, in, D, H, W] -> [N, out, D', H', W'], or both without N.
  Tensor forward(const Tensor& x) const;

  /// The parameters.
  Tensor weight;
  Tensor bias;  ///< Undefined without one.

 private:
  reel::ConvTranspose3dOptions options_;
};

}  // namespace reel::nn
