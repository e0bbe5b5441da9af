#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>
#include <reel/ops/convolution.h>
#include <reel/ops/options.h>

/// The poolings as layers: [N, C, L], [N, C, H, W] or [N, C, D, H, W] to the same with other sizes, or without N.
namespace reel::nn {

/// What poolings with windows share: `pool(x, kernel_size, options)`.
template <class Derived, class Size, class Options, Tensor (*pool)(const Tensor&, Size, const Options&)> class Pooling
    : public Layer<Derived> {
 public:
  Pooling(NullPointer auto null) : Layer<Derived>(null) {}
  /// The pooling with these sizes; `forward` applies it.
  explicit Pooling(Size kernel_size, const Options& options = {});
  template <class... Values>
  requires PositionalOptions<Options, Values...> Pooling(Size kernel_size, const Values&... options)
      : Pooling(kernel_size, Options{options...}) {}
  Tensor forward(const Tensor& x) const { return pool(x, kernel_size_, options_); }

 private:
  Size kernel_size_ = 1;
  Options options_;
};

/// `max_pool1d`.
class MaxPool1d : public Pooling<MaxPool1d, std::int64_t, MaxPool1dOptions, max_pool1d> {
  using Pooling::Pooling;
};
/// `max_pool2d`.
class MaxPool2d : public Pooling<MaxPool2d, Size2d, MaxPool2dOptions, max_pool2d> {
  using Pooling::Pooling;
};
/// `max_pool3d`.
class MaxPool3d : public Pooling<MaxPool3d, Size3d, MaxPool3dOptions, max_pool3d> {
  using Pooling::Pooling;
};
/// `avg_pool1d`.
class AvgPool1d : public Pooling<AvgPool1d, std::int64_t, AvgPool1dOptions, avg_pool1d> {
  using Pooling::Pooling;
};
/// `avg_pool2d`.
class AvgPool2d : public Pooling<AvgPool2d, Size2d, AvgPool2dOptions, avg_pool2d> {
  using Pooling::Pooling;
};
/// `avg_pool3d`.
class AvgPool3d : public Pooling<AvgPool3d, Size3d, AvgPool3dOptions, avg_pool3d> {
  using Pooling::Pooling;
};

/// What poolings to a size share: `pool(x, output_size)`.
template <class Derived, class Size, Tensor (*pool)(const Tensor&, Size)> class AdaptivePooling
    : public Layer<Derived> {
 public:
  AdaptivePooling(NullPointer auto null) : Layer<Derived>(null) {}
  /// The pooling to this size; `forward` applies it.
  explicit AdaptivePooling(Size output_size);
  Tensor forward(const Tensor& x) const { return pool(x, output_size_); }

 private:
  Size output_size_ = 1;
};

/// `adaptive_avg_pool1d`.
class AdaptiveAvgPool1d : public AdaptivePooling<AdaptiveAvgPool1d, std::int64_t, adaptive_avg_pool1d> {
  using AdaptivePooling::AdaptivePooling;
};
/// `adaptive_avg_pool2d`.
class AdaptiveAvgPool2d : public AdaptivePooling<AdaptiveAvgPool2d, Size2d, adaptive_avg_pool2d> {
  using AdaptivePooling::AdaptivePooling;
};
/// `adaptive_avg_pool3d`.
class AdaptiveAvgPool3d : public AdaptivePooling<AdaptiveAvgPool3d, Size3d, adaptive_avg_pool3d> {
  using AdaptivePooling::AdaptivePooling;
};
/// `adaptive_max_pool1d`.
class AdaptiveMaxPool1d : public AdaptivePooling<AdaptiveMaxPool1d, std::int64_t, adaptive_max_pool1d> {
  using AdaptivePooling::AdaptivePooling;
};
/// `adaptive_max_pool2d`.
class AdaptiveMaxPool2d : public AdaptivePooling<AdaptiveMaxPool2d, Size2d, adaptive_max_pool2d> {
  using AdaptivePooling::AdaptivePooling;
};
/// `adaptive_max_pool3d`.
class AdaptiveMaxPool3d : public AdaptivePooling<AdaptiveMaxPool3d, Size3d, adaptive_max_pool3d> {
  using AdaptivePooling::AdaptivePooling;
};

/// What the inverses of max pooling share: `unpool(x, indices, kernel_size, options)`.
template <class Derived, class Size, class Options,
          Tensor (*unpool)(const Tensor&, const Tensor&, Size, const Options&)>
class MaxUnpooling : public Layer<Derived> {
 public:
  MaxUnpooling(NullPointer auto null) : Layer<Derived>(null) {}
  /// The inverse of a pooling with these sizes; `forward` applies it.
  explicit MaxUnpooling(Size kernel_size, const Options& options = {});
  template <class... Values>
  requires PositionalOptions<Options, Values...> MaxUnpooling(Size kernel_size, const Values&... options)
      : MaxUnpooling(kernel_size, Options{options...}) {}
  /// The pooled x back at its places.
  Tensor forward(const Tensor& x, const Tensor& indices) const { return unpool(x, indices, kernel_size_, options_); }
  /// The same, for a result of this size.
  Tensor forward(const Tensor& x, const Tensor& indices, Size output_size) const {
    Options options = options_;
    options.output_size = output_size;
    return unpool(x, indices, kernel_size_, options);
  }

 private:
  Size kernel_size_ = 1;
  Options options_;
};

/// `max_unpool1d`.
class MaxUnpool1d : public MaxUnpooling<MaxUnpool1d, std::int64_t, MaxUnpool1dOptions, max_unpool1d> {
  using MaxUnpooling::MaxUnpooling;
};
/// `max_unpool2d`.
class MaxUnpool2d : public MaxUnpooling<MaxUnpool2d, Size2d, MaxUnpool2dOptions, max_unpool2d> {
  using MaxUnpooling::MaxUnpooling;
};
/// `max_unpool3d`.
class MaxUnpool3d : public MaxUnpooling<MaxUnpool3d, Size3d, MaxUnpool3dOptions, max_unpool3d> {
  using MaxUnpooling::MaxUnpooling;
};

/// What power-average poolings share: `pool(x, norm_type, kernel_size, options)`.
template <class Derived, class Size, class Options, Tensor (*pool)(const Tensor&, double, Size, const Options&)>
class LPPooling : public Layer<Derived> {
 public:
  LPPooling(NullPointer auto null) : Layer<Derived>(null) {}
  /// The pooling with this exponent, which is positive, and these sizes; `forward` applies it.
  LPPooling(double norm_type, Size kernel_size, const Options& options = {});
  template <class... Values>
  requires PositionalOptions<Options, Values...> LPPooling(double norm_type, Size kernel_size, const Values&... options)
      : LPPooling(norm_type, kernel_size, Options{options...}) {}
  Tensor forward(const Tensor& x) const { return pool(x, norm_type_, kernel_size_, options_); }

 private:
  double norm_type_ = 1;
  Size kernel_size_ = 1;
  Options options_;
};

/// `lp_pool1d`.
class LPPool1d : public LPPooling<LPPool1d, std::int64_t, LpPool1dOptions, lp_pool1d> {
  using LPPooling::LPPooling;
};
/// `lp_pool2d`.
class LPPool2d : public LPPooling<LPPool2d, Size2d, LpPool2dOptions, lp_pool2d> {
  using LPPooling::LPPooling;
};

extern template class Pooling<MaxPool1d, std::int64_t, MaxPool1dOptions, max_pool1d>;
extern template class Pooling<MaxPool2d, Size2d, MaxPool2dOptions, max_pool2d>;
extern template class Pooling<MaxPool3d, Size3d, MaxPool3dOptions, max_pool3d>;
extern template class Pooling<AvgPool1d, std::int64_t, AvgPool1dOptions, avg_pool1d>;
extern template class Pooling<AvgPool2d, Size2d, AvgPool2dOptions, avg_pool2d>;
extern template class Pooling<AvgPool3d, Size3d, AvgPool3dOptions, avg_pool3d>;
extern template class AdaptivePooling<AdaptiveAvgPool1d, std::int64_t, adaptive_avg_pool1d>;
extern template class AdaptivePooling<AdaptiveAvgPool2d, Size2d, adaptive_avg_pool2d>;
extern template class AdaptivePooling<AdaptiveAvgPool3d, Size3d, adaptive_avg_pool3d>;
extern template class AdaptivePooling<AdaptiveMaxPool1d, std::int64_t, adaptive_max_pool1d>;
extern template class AdaptivePooling<AdaptiveMaxPool2d, Size2d, adaptive_max_pool2d>;
extern template class AdaptivePooling<AdaptiveMaxPool3d, Size3d, adaptive_max_pool3d>;
extern template class MaxUnpooling<MaxUnpool1d, std::int64_t, MaxUnpool1dOptions, max_unpool1d>;
extern template class MaxUnpooling<MaxUnpool2d, Size2d, MaxUnpool2dOptions, max_unpool2d>;
extern template class MaxUnpooling<MaxUnpool3d, Size3d, MaxUnpool3dOptions, max_unpool3d>;
extern template class LPPooling<LPPool1d, std::int64_t, LpPool1dOptions, lp_pool1d>;
extern template class LPPooling<LPPool2d, Size2d, LpPool2dOptions, lp_pool2d>;

}  // namespace reel::nn
