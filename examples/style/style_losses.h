#pragma once

#include <vector>

#include <reel/nn/sequential.h>
#include <reel/ops/ops.h>

/// What style transfer compares: features of images, as a trained network sees them.
namespace support {

using namespace reel;

/// What the layers with these numbers, in increasing order, make of images; the layers after the last are left out.
inline Tensors features_of(const nn::Sequential& layers, Tensor images, const std::vector<std::int64_t>& numbers) {
  Tensors features;
  for (std::int64_t i = 0; features.size() < numbers.size(); ++i) {
    images = layers[i](images);
    if (i == numbers[features.size()]) features.push_back(images);
  }
  return features;
}

/// G = F F^T for features [N, C, H, W], of which F has a row of H W values for each channel: [N, C, C].
inline Tensor gram(const Tensor& features) {
  const Tensor f = flatten(features, 2);
  return matmul(f, f.transpose(1, 2));
}

/// 1/2 sum (F - P)^2 (Gatys et al. 2015, equation 1).
inline Tensor content_loss(const Tensor& f, const Tensor& p) { return square(f - p).sum() / 2; }

/// 1/(4 N^2 M^2) sum (G - A)^2 for one image's features F of N channels with M places (Gatys et al. 2015, equation 4).
/// `a` is the style's Gram matrix for each place, A / M, so that its image may have another size.
inline Tensor style_loss(const Tensor& f, const Tensor& a) {
  const double n = static_cast<double>(f.size(1)), m = static_cast<double>(f.numel()) / n;
  return square(gram(f) / m - a).sum() / (4 * n * n);
}

/// ||F - P||^2 / (C H W), the mean over the images (Johnson et al. 2016, equation 2).
inline Tensor feature_loss(const Tensor& f, const Tensor& p) { return square(f - p).mean(); }

/// gram / (C H W) (Johnson et al. 2016, equation 3).
inline Tensor normalized_gram(const Tensor& features) {
  return gram(features) / static_cast<double>(features.numel() / features.size(0));
}

/// The squared Frobenius norm of the difference of normalised Gram matrices, the mean over the images (Johnson et al.
/// 2016, equation 4).
inline Tensor gram_loss(const Tensor& features, const Tensor& a) {
  return square(normalized_gram(features) - a).sum() / static_cast<double>(features.size(0));
}

/// The sum of squared differences of neighbouring pixels, for each pixel: what is not smooth costs.
inline Tensor total_variation(const Tensor& images) {
  const std::int64_t h = images.size(2), w = images.size(3);
  const Tensor down = images.narrow(2, 1, h - 1) - images.narrow(2, 0, h - 1);
  const Tensor right = images.narrow(3, 1, w - 1) - images.narrow(3, 0, w - 1);
  return (square(down).sum() + square(right).sum()) / static_cast<double>(images.numel());
}

}  // namespace support
