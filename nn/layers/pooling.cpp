// Pooling layers.

#include <reel/nn/layers/pooling.h>

#include <reel/nn/text.h>
#include <reel/ops/internal/window.h>
#include <reel/tensor/core/option.h>

namespace reel::nn {
namespace {

using reel::detail::axes;

/// PyTorch prints the numbers of average pooling of lines, and of unpooling, as tuples.
template <class Size> std::string average_text(Size size) {
  if constexpr (std::is_same_v<Size, std::int64_t>) return text::tuple(axes(size));
  else return text::of(size);
}

}  // namespace

template <class Derived, class Size, class Options, Tensor (*pool)(const Tensor&, Size, const Options&)>
Pooling<Derived, Size, Options, pool>::Pooling(Size kernel_size, const Options& options)
    : kernel_size_(kernel_size), options_(options) {
  const Size stride = options.stride.value_or(kernel_size);
  if constexpr (requires { options.dilation; }) {
    this->set_extra_text(fmt::format("kernel_size={}, stride={}, padding={}, dilation={}, ceil_mode={}",
                                     text::of(kernel_size), text::of(stride), text::of(options.padding),
                                     text::of(options.dilation), text::of(options.ceil_mode)));
  } else {
    this->set_extra_text(fmt::format("kernel_size={}, stride={}, padding={}", average_text(kernel_size),
                                     average_text(stride), average_text(Size(options.padding))));
  }
}

template <class Derived, class Size, Tensor (*pool)(const Tensor&, Size)>
AdaptivePooling<Derived, Size, pool>::AdaptivePooling(Size output_size) : output_size_(output_size) {
  this->set_extra_text("output_size=" + text::of(output_size));
}

template <class Derived, class Size, class Options,
          Tensor (*unpool)(const Tensor&, const Tensor&, Size, const Options&)>
MaxUnpooling<Derived, Size, Options, unpool>::MaxUnpooling(Size kernel_size, const Options& options)
    : kernel_size_(kernel_size), options_(options) {
  this->set_extra_text(fmt::format("kernel_size={}, stride={}, padding={}", text::tuple(axes(kernel_size)),
                                   text::tuple(axes(options.stride.value_or(kernel_size))),
                                   text::tuple(axes(Size(options.padding)))));
}

template <class Derived, class Size, class Options, Tensor (*pool)(const Tensor&, double, Size, const Options&)>
LPPooling<Derived, Size, Options, pool>::LPPooling(double norm_type, Size kernel_size, const Options& options)
    : norm_type_(norm_type), kernel_size_(kernel_size), options_(options) {
  reel::detail::check_option(this->type_name(), "norm_type", norm_type, reel::detail::kPositive);
  this->set_extra_text(fmt::format("norm_type={}, kernel_size={}, stride={}, ceil_mode={}", text::of(norm_type),
                                   text::of(kernel_size), options.stride ? text::of(Size(*options.stride)) : "None",
                                   text::of(options.ceil_mode)));
}

template class Pooling<MaxPool1d, std::int64_t, MaxPool1dOptions, max_pool1d>;
template class Pooling<MaxPool2d, Size2d, MaxPool2dOptions, max_pool2d>;
template class Pooling<MaxPool3d, Size3d, MaxPool3dOptions, max_pool3d>;
template class Pooling<AvgPool1d, std::int64_t, AvgPool1dOptions, avg_pool1d>;
template class Pooling<AvgPool2d, Size2d, AvgPool2dOptions, avg_pool2d>;
template class Pooling<AvgPool3d, Size3d, AvgPool3dOptions, avg_pool3d>;
template class AdaptivePooling<AdaptiveAvgPool1d, std::int64_t, adaptive_avg_pool1d>;
template class AdaptivePooling<AdaptiveAvgPool2d, Size2d, adaptive_avg_pool2d>;
template class AdaptivePooling<AdaptiveAvgPool3d, Size3d, adaptive_avg_pool3d>;
template class AdaptivePooling<AdaptiveMaxPool1d, std::int64_t, adaptive_max_pool1d>;
template class AdaptivePooling<AdaptiveMaxPool2d, Size2d, adaptive_max_pool2d>;
template class AdaptivePooling<AdaptiveMaxPool3d, Size3d, adaptive_max_pool3d>;
template class MaxUnpooling<MaxUnpool1d, std::int64_t, MaxUnpool1dOptions, max_unpool1d>;
template class MaxUnpooling<MaxUnpool2d, Size2d, MaxUnpool2dOptions, max_unpool2d>;
template class MaxUnpooling<MaxUnpool3d, Size3d, MaxUnpool3dOptions, max_unpool3d>;
template class LPPooling<LPPool1d, std::int64_t, LpPool1dOptions, lp_pool1d>;
template class LPPooling<LPPool2d, Size2d, LpPool2dOptions, lp_pool2d>;

}  // namespace reel::nn
