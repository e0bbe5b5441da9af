#pragma once

#include "support.h"

namespace support {

/// A convolution that sees the image mirrored at its edges, and instance normalisation (Ulyanov et al. 2016): a group
/// for each channel.
inline nn::Sequential mirrored_convolution(std::int64_t in, std::int64_t out, std::int64_t kernel,
                                           std::int64_t stride = 1) {
  const std::int64_t p = kernel / 2;
  return nn::Sequential(
      [p](const Tensor& x) {
        return pad(x, {p, p, p, p}, PadMode::reflect);
      },
      nn::Conv2d(in, out, kernel, {.stride = stride, .bias = false}), nn::GroupNorm(out, out));
}

/// Two convolutions whose result is added to their input (He et al. 2015).
class ResidualConvolutions : public nn::Layer<ResidualConvolutions> {
 public:
  explicit ResidualConvolutions(std::int64_t channels)
      : first_(register_module("first", mirrored_convolution(channels, channels, 3))),
        second_(register_module("second", mirrored_convolution(channels, channels, 3))) {}
  Tensor forward(const Tensor& x) const { return x + second_(relu(first_(x))); }

 private:
  nn::Sequential first_, second_;
};

/// Turns images [N, 3, height, width] from 0 to 1 into such pictures, of sizes that 4 divides (Johnson et al. 2016,
/// supplementary material: two convolutions make the image smaller, residual ones change it, two make it larger again).
/// It is larger by repetition and a convolution, since transposed ones leave a checkerboard (Odena et al. 2016).
class TransformNetwork : public nn::Layer<TransformNetwork> {
 public:
  /// The first layer has `width` channels, the widest four times as many.
  explicit TransformNetwork(std::int64_t width) : layers_(register_module("layers", nn::Sequential())) {
    const auto convolution = [&](std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride = 1) {
      layers_.push_back(mirrored_convolution(in, out, kernel, stride));
      layers_.push_back(nn::ReLU());
    };
    const auto larger = [&] { layers_.push_back(nn::Upsample({.scale_factor = 2, .mode = InterpolateMode::nearest})); };
    convolution(3, width, 9);
    convolution(width, 2 * width, 3, 2);
    convolution(2 * width, 4 * width, 3, 2);
    for (int i = 0; i < 4; ++i) layers_.push_back(ResidualConvolutions(4 * width));
    larger();
    convolution(4 * width, 2 * width, 3);
    larger();
    convolution(2 * width, width, 3);
    layers_.push_back(mirrored_convolution(width, 3, 9));
    layers_.push_back(nn::Sigmoid());
  }
  Tensor forward(const Tensor& x) const { return layers_(x); }

 private:
  nn::Sequential layers_;
};

}  // namespace support
