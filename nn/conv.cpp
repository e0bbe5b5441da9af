// Convolution layers.

#include <reel/nn/conv.h>

#include <reel/nn/fan_in.h>
#include <reel/nn/text.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/convolution.h>
#include <reel/ops/factories.h>
#include <reel/ops/options.h>
#include <reel/tensor/core/check.h>

namespace reel::nn {
namespace {

void check_positive(std::string_view layer, std::string_view what, Size2d size) {
  check<ValueError>(size.height > 0 && size.width > 0, "{}: expected {} above 0, got {}", layer, what,
                    text::pair(size));
}

template <class Options>
void check_sizes(std::string_view layer, std::int64_t in, std::int64_t out, Size2d kernel_size, const Options& o) {
  check<ValueError>(in > 0 && out > 0, "{}: expected channels above 0, got {} input and {} output channels", layer, in,
                    out);
  check<ValueError>(o.groups > 0 && in % o.groups == 0 && out % o.groups == 0,
                    "{}: expected channels that {} groups divide, got {} input and {} output channels", layer, o.groups,
                    in, out);
  check_positive(layer, "kernel size", kernel_size);
  check_positive(layer, "stride", o.stride);
  check_positive(layer, "dilation", o.dilation);
}

/// One number as PyTorch prints it for conv1d: "(3,)".
std::string one(std::int64_t value) { return fmt::format("({},)", value); }

std::string padding_text(const Padding& padding, bool two_d) {
  switch (padding.mode()) {
    case Padding::Mode::valid:
      return ", padding=valid";
    case Padding::Mode::same:
      return ", padding=same";
    case Padding::Mode::full:
      return ", padding=full";
    case Padding::Mode::numbers:
      break;
  }
  if (padding.numbers() == Size2d(0)) return "";
  // conv1d's one number arrives as both height and width
  return ", padding=" + (two_d ? text::pair(padding.numbers()) : one(padding.numbers().width));
}

std::string groups_text(std::int64_t groups) { return groups == 1 ? "" : fmt::format(", groups={}", groups); }
std::string bias_text(bool bias) { return bias ? "" : ", bias=False"; }

/// How PyTorch prints what all two-dimensional convolutions have, up to the dilation.
template <class Options> std::string text_2d(std::int64_t in, std::int64_t out, Size2d kernel_size, const Options& o) {
  return fmt::format("{}, {}, kernel_size={}, stride={}", in, out, text::pair(kernel_size), text::pair(o.stride)) +
         padding_text(o.padding, true) + (o.dilation == Size2d(1) ? "" : ", dilation=" + text::pair(o.dilation));
}

}  // namespace

Conv1d::Conv1d(std::int64_t in, std::int64_t out, std::int64_t kernel_size, const Conv1dOptions& o)
    : options_{o.stride, o.padding, o.dilation, o.groups} {
  check_sizes("Conv1d", in, out, kernel_size, o);
  weight = register_parameter("weight", empty({out, in / o.groups, kernel_size}));
  bias = register_parameter("bias", o.bias ? empty({out}) : Tensor());
  reset_fan_in(weight, bias);
  set_extra_text(fmt::format("{}, {}, kernel_size={}, stride={}", in, out, one(kernel_size), one(o.stride)) +
                 padding_text(o.padding, false) + (o.dilation == 1 ? "" : ", dilation=" + one(o.dilation)) +
                 groups_text(o.groups) + bias_text(o.bias));
}

Tensor Conv1d::forward(const Tensor& x) const { return conv1d(x, weight, bias, options_); }

Conv2d::Conv2d(std::int64_t in, std::int64_t out, Size2d kernel_size, const Conv2dOptions& o)
    : options_{o.stride, o.padding, o.dilation, o.groups} {
  check_sizes("Conv2d", in, out, kernel_size, o);
  weight = register_parameter("weight", empty({out, in / o.groups, kernel_size.height, kernel_size.width}));
  bias = register_parameter("bias", o.bias ? empty({out}) : Tensor());
  reset_fan_in(weight, bias);
  set_extra_text(text_2d(in, out, kernel_size, o) + groups_text(o.groups) + bias_text(o.bias));
}

Tensor Conv2d::forward(const Tensor& x) const { return conv2d(x, weight, bias, options_); }

ConvTranspose2d::ConvTranspose2d(std::int64_t in, std::int64_t out, Size2d kernel_size, const ConvTranspose2dOptions& o)
    : options_{o.stride, o.padding, o.output_padding, o.groups, o.dilation} {
  check_sizes("ConvTranspose2d", in, out, kernel_size, o);
  weight = register_parameter("weight", empty({in, out / o.groups, kernel_size.height, kernel_size.width}));
  bias = register_parameter("bias", o.bias ? empty({out}) : Tensor());
  reset_fan_in(weight, bias);
  set_extra_text(text_2d(in, out, kernel_size, o) +
                 (o.output_padding == Size2d(0) ? "" : ", output_padding=" + text::pair(o.output_padding)) +
                 groups_text(o.groups) + bias_text(o.bias));
}

Tensor ConvTranspose2d::forward(const Tensor& x) const { return conv_transpose2d(x, weight, bias, options_); }

}  // namespace reel::nn
