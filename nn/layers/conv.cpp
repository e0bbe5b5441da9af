// Convolution layers.

#include <reel/nn/layers/conv.h>

#include <reel/nn/layers/fan_in.h>
#include <reel/nn/text.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/convolution.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/window.h>
#include <reel/ops/options.h>
#include <reel/tensor/core/check.h>

namespace reel::nn {
namespace {

using reel::detail::axes;

void check_positive(std::string_view layer, std::string_view what, const Dims& sizes) {
  for (const std::int64_t size : sizes) {
    check<ValueError>(size > 0, "{}: expected {} above 0, got {}", layer, what, text::tuple(sizes));
  }
}

template <class Size, class Options>
void check_sizes(std::string_view layer, std::int64_t in, std::int64_t out, const Size& kernel_size, const Options& o) {
  check<ValueError>(in > 0 && out > 0, "{}: expected channels above 0, got {} input and {} output channels", layer, in,
                    out);
  check<ValueError>(o.groups > 0 && in % o.groups == 0 && out % o.groups == 0,
                    "{}: expected channels that {} groups divide, got {} input and {} output channels", layer, o.groups,
                    in, out);
  check_positive(layer, "kernel size", axes(kernel_size));
  check_positive(layer, "stride", axes(o.stride));
  check_positive(layer, "dilation", axes(o.dilation));
}

/// [first, second, kernel...].
template <class Size> Shape weight_shape(std::int64_t first, std::int64_t second, const Size& kernel_size) {
  Shape shape{first, second};
  for (const std::int64_t size : axes(kernel_size)) shape.push_back(size);
  return shape;
}

std::string amounts_text(std::string_view name, const Dims& amounts, std::int64_t usual) {
  if (amounts == Dims::filled(amounts.size(), usual)) return "";
  return fmt::format(", {}={}", name, text::tuple(amounts));
}

/// Of a padding with as many axes as the kernel: conv1d's one number arrives as both height and width.
template <class Padding> std::string padding_text(const Padding& padding, int axis_count) {
  switch (padding.mode()) {
    case PaddingMode::valid:
      return ", padding=valid";
    case PaddingMode::same:
      return ", padding=same";
    case PaddingMode::full:
      return ", padding=full";
    case PaddingMode::numbers:
      break;
  }
  Dims amounts = axes(padding.numbers());
  if (axis_count == 1) amounts.erase(0);
  return amounts_text("padding", amounts, 0);
}
template <class Size>
requires requires(const Size& size) { axes(size); }
std::string padding_text(const Size& padding, int) { return amounts_text("padding", axes(padding), 0); }

std::string groups_text(std::int64_t groups) { return groups == 1 ? "" : fmt::format(", groups={}", groups); }
std::string bias_text(bool bias) { return bias ? "" : ", bias=False"; }

std::string_view mode_text(PadMode mode) {
  switch (mode) {
    case PadMode::constant:
      break;
    case PadMode::reflect:
      return ", padding_mode=reflect";
    case PadMode::replicate:
      return ", padding_mode=replicate";
    case PadMode::circular:
      return ", padding_mode=circular";
  }
  return "";
}

/// How PyTorch prints what all convolutions have, up to the dilation.
template <class Size, class Options>
std::string common_text(std::int64_t in, std::int64_t out, const Size& kernel_size, const Options& o) {
  const Dims kernel = axes(kernel_size);
  return fmt::format("{}, {}, kernel_size={}, stride={}", in, out, text::tuple(kernel), text::tuple(axes(o.stride))) +
         padding_text(o.padding, kernel.size()) + amounts_text("dilation", axes(o.dilation), 1);
}

template <class Size, class Options>
std::string conv_text(std::int64_t in, std::int64_t out, const Size& kernel_size, const Options& o) {
  return common_text(in, out, kernel_size, o) + groups_text(o.groups) + bias_text(o.bias) +
         std::string(mode_text(o.padding_mode));
}

template <class Size, class Options>
std::string transpose_text(std::int64_t in, std::int64_t out, const Size& kernel_size, const Options& o) {
  return common_text(in, out, kernel_size, o) + amounts_text("output_padding", axes(o.output_padding), 0) +
         groups_text(o.groups) + bias_text(o.bias);
}

/// The padding of `o`, in numbers, where it is not zeros.
template <class Size, class Options>
detail::Border border_of(std::string_view layer, const Size& kernel_size, const Options& o) {
  if (o.padding_mode == PadMode::constant) return {};
  const Dims kernel = axes(kernel_size), dilation = axes(o.dilation), stride = axes(o.stride);
  const PaddingMode how = o.padding.mode();
  check<ValueError>(how != PaddingMode::same || stride == Dims::filled(stride.size(), 1),
                    "{}: expected stride 1 for padding \"same\", got {}", layer, text::tuple(stride));
  Dims numbers = axes(o.padding.numbers());
  if (kernel.size() == 1) numbers.erase(0);  // conv1d's one number arrives as both height and width
  detail::Border border{o.padding_mode, {}};
  for (int d = kernel.size() - 1; d >= 0; --d) {
    check<ValueError>(how != PaddingMode::numbers || numbers[d] >= 0, "{}: expected padding from 0, got {}", layer,
                      text::tuple(numbers));
    const std::int64_t reach = checked_mul(kernel[d] - 1, dilation[d]);
    const bool same = how == PaddingMode::same, full = how == PaddingMode::full;
    const std::int64_t fixed = full ? reach : how == PaddingMode::numbers ? numbers[d] : 0;
    border.amounts.push_back(same ? reach / 2 : fixed);
    border.amounts.push_back(same ? reach - reach / 2 : fixed);
  }
  return border;
}

/// The options of the operation, which pads with zeros or not at all.
template <class To, class Options> To operation_options(const Options& o) {
  To to{o.stride, o.padding, o.dilation, o.groups};
  if (o.padding_mode != PadMode::constant) to.padding = 0;
  return to;
}

}  // namespace

Tensor detail::Border::around(const Tensor& x) const { return amounts.empty() ? x : pad(x, amounts, mode); }

Conv1d::Conv1d(std::int64_t in, std::int64_t out, std::int64_t kernel_size, const Conv1dOptions& o)
    : options_(operation_options<reel::Conv1dOptions>(o)) {
  check_sizes("Conv1d", in, out, kernel_size, o);
  border_ = border_of("Conv1d", kernel_size, o);
  weight = register_parameter("weight", empty(weight_shape(out, in / o.groups, kernel_size)));
  bias = register_parameter("bias", o.bias ? empty({out}) : Tensor());
  reset_fan_in(weight, bias);
  set_extra_text(conv_text(in, out, kernel_size, o));
}

Tensor Conv1d::forward(const Tensor& x) const { return conv1d(border_.around(x), weight, bias, options_); }

Conv2d::Conv2d(std::int64_t in, std::int64_t out, Size2d kernel_size, const Conv2dOptions& o)
    : options_(operation_options<reel::Conv2dOptions>(o)) {
  check_sizes("Conv2d", in, out, kernel_size, o);
  border_ = border_of("Conv2d", kernel_size, o);
  weight = register_parameter("weight", empty(weight_shape(out, in / o.groups, kernel_size)));
  bias = register_parameter("bias", o.bias ? empty({out}) : Tensor());
  reset_fan_in(weight, bias);
  set_extra_text(conv_text(in, out, kernel_size, o));
}

Tensor Conv2d::forward(const Tensor& x) const { return conv2d(border_.around(x), weight, bias, options_); }

Conv3d::Conv3d(std::int64_t in, std::int64_t out, Size3d kernel_size, const Conv3dOptions& o)
    : options_(operation_options<reel::Conv3dOptions>(o)) {
  check_sizes("Conv3d", in, out, kernel_size, o);
  border_ = border_of("Conv3d", kernel_size, o);
  weight = register_parameter("weight", empty(weight_shape(out, in / o.groups, kernel_size)));
  bias = register_parameter("bias", o.bias ? empty({out}) : Tensor());
  reset_fan_in(weight, bias);
  set_extra_text(conv_text(in, out, kernel_size, o));
}

Tensor Conv3d::forward(const Tensor& x) const { return conv3d(border_.around(x), weight, bias, options_); }

ConvTranspose1d::ConvTranspose1d(std::int64_t in, std::int64_t out, std::int64_t kernel_size,
                                 const ConvTranspose1dOptions& o)
    : options_{o.stride, o.padding, o.output_padding, o.groups, o.dilation} {
  check_sizes("ConvTranspose1d", in, out, kernel_size, o);
  weight = register_parameter("weight", empty(weight_shape(in, out / o.groups, kernel_size)));
  bias = register_parameter("bias", o.bias ? empty({out}) : Tensor());
  reset_fan_in(weight, bias);
  set_extra_text(transpose_text(in, out, kernel_size, o));
}

Tensor ConvTranspose1d::forward(const Tensor& x) const { return conv_transpose1d(x, weight, bias, options_); }

ConvTranspose2d::ConvTranspose2d(std::int64_t in, std::int64_t out, Size2d kernel_size, const ConvTranspose2dOptions& o)
    : options_{o.stride, o.padding, o.output_padding, o.groups, o.dilation} {
  check_sizes("ConvTranspose2d", in, out, kernel_size, o);
  weight = register_parameter("weight", empty(weight_shape(in, out / o.groups, kernel_size)));
  bias = register_parameter("bias", o.bias ? empty({out}) : Tensor());
  reset_fan_in(weight, bias);
  set_extra_text(transpose_text(in, out, kernel_size, o));
}

Tensor ConvTranspose2d::forward(const Tensor& x) const { return conv_transpose2d(x, weight, bias, options_); }

ConvTranspose3d::ConvTranspose3d(std::int64_t in, std::int64_t out, Size3d kernel_size, const ConvTranspose3dOptions& o)
    : options_{o.stride, o.padding, o.output_padding, o.groups, o.dilation} {
  check_sizes("ConvTranspose3d", in, out, kernel_size, o);
  weight = register_parameter("weight", empty(weight_shape(in, out / o.groups, kernel_size)));
  bias = register_parameter("bias", o.bias ? empty({out}) : Tensor());
  reset_fan_in(weight, bias);
  set_extra_text(transpose_text(in, out, kernel_size, o));
}

Tensor ConvTranspose3d::forward(const Tensor& x) const { return conv_transpose3d(x, weight, bias, options_); }

}  // namespace reel::nn
