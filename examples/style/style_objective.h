#pragma once

#include <cmath>

#include <reel/autograd/tape/grad_mode.h>

#include "style_losses.h"

namespace support {

/// The weights of what a picture shall have.
struct StyleWeights {
  double content = 1;       ///< alpha: the content of the photograph,
  double style = 1e7;       ///< beta: the style of the painting,
  double smoothness = 300;  ///< and few differences between neighbouring pixels.
};

/// What layers of a network see of images [N, 3, height, width]: the features, each layer's divided by their root mean
/// square for the painting, so that no layer outweighs the others (Gatys et al. scale the weights of their network to
/// the same end).
class ScaledFeatures {
 public:
  /// After the layers with these numbers, in increasing order.
  ScaledFeatures(const nn::Sequential& layers, std::vector<std::int64_t> numbers, const Tensor& painting)
      : layers_(layers), numbers_(std::move(numbers)) {
    const NoGradGuard no_grad;
    for (const Tensor& features : features_of(layers_, painting, numbers_)) {
      scales_.push_back(1 / std::sqrt(square(features).mean().item()));
    }
    painted_ = of(painting);
    for (const Tensor& features : painted_) {
      grams_.push_back(gram(features) / static_cast<double>(features.size(2) * features.size(3)));
    }
  }

  Tensors of(const Tensor& images) const {
    Tensors seen = features_of(layers_, images, numbers_);
    for (std::size_t l = 0; l < seen.size(); ++l) seen[l] = seen[l] * scales_[l];
    return seen;
  }
  /// Those of the painting.
  const Tensors& painted() const { return painted_; }
  /// Their Gram matrices, for each place.
  const Tensors& grams() const { return grams_; }

 private:
  nn::Sequential layers_;
  std::vector<std::int64_t> numbers_;
  std::vector<double> scales_;
  Tensors painted_, grams_;
};

/// What a picture lacks of a photograph's content in a painting's style.
class StyleObjective {
 public:
  /// Style is compared in all layers of `features`, content in the one at `content` among them.
  StyleObjective(ScaledFeatures features, std::size_t content, const Tensor& photograph,
                 const StyleWeights& weights = {})
      : features_(std::move(features)),
        content_(content),
        weights_(weights),
        wanted_(no_grad([&] { return features_.of(photograph)[content]; })) {}

  /// alpha times the content loss, plus beta times the style losses of all layers, plus the variation of the pixels.
  Tensor operator()(const Tensor& picture) const {
    const Tensors seen = features_.of(picture);
    Tensor style = style_loss(seen[0], features_.grams()[0]);
    for (std::size_t l = 1; l < seen.size(); ++l) style = style + style_loss(seen[l], features_.grams()[l]);
    return weights_.content * content_loss(seen[content_], wanted_) + weights_.style * style +
           weights_.smoothness * total_variation(picture);
  }

 private:
  ScaledFeatures features_;
  std::size_t content_;
  StyleWeights weights_;
  Tensor wanted_;
};

}  // namespace support
