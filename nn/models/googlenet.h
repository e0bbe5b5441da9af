#pragma once

#include <reel/nn/layers/batch_norm.h>
#include <reel/nn/layers/conv.h>
#include <reel/nn/layers/dropout.h>
#include <reel/nn/layers/linear.h>
#include <reel/nn/sequential.h>

namespace reel::nn::models {

/// Options of GoogLeNet.
struct GoogLeNetOptions {
  std::int64_t num_classes = 1000;  ///< Outputs of each classifier.
  bool aux_logits = true;           ///< Whether there are the two auxiliary classifiers.
  /// torchvision's network: batch normalisation in the place of the biases, none of local responses, and 3x3
  /// convolutions where the paper has 5x5 ones.
  bool torchvision = false;
  double width = 1;  ///< Factor of the channels (see `scaled`).
};

/// What GoogLeNet computes in training.
struct GoogLeNetOutputs {
  Tensor logits;                    ///< [N, classes].
  Tensor aux_logits1, aux_logits2;  ///< After inception 4a and 4d; undefined without auxiliary classifiers.
};

/// GoogLeNet (Szegedy et al. 2015): 22 layers with weights, of which nine modules have four branches (1x1; 1x1 and 3x3;
/// 1x1 and 5x5; pooling and 1x1) whose outputs stand side by side. 6,998,552 parameters without the auxiliary
/// classifiers, 13,378,280 with them; 6,624,904 and 13,004,888 in torchvision's form. The names are torchvision's.
class GoogLeNet : public Layer<GoogLeNet> {
 public:
  /// Weights are drawn as He et al. 2015 propose, in place of torchvision's truncated normal distribution with standard
  /// deviation 0.01. Biases begin at 0; those of linear layers in torchvision's form with PyTorch's default.
  explicit GoogLeNet(const GoogLeNetOptions& options = {});

  /// x [N, 3, H, W] of at least 15x15, usually 224x224 -> logits [N, classes].
  Tensor forward(const Tensor& x) const { return run(x, false).logits; }
  /// The same with the logits of the auxiliary classifiers, whose losses count 0.3 each in the paper. Their windows
  /// follow the size of the image, so that they see 4x4 places of any (the paper: 5x5 windows, 3 apart, of 14x14).
  GoogLeNetOutputs forward_with_aux(const Tensor& x) const { return run(x, true); }

 private:
  GoogLeNetOutputs run(Tensor x, bool aux) const;

  Sequential stem_, inception3_, inception4a_, inception4bcd_, inception4e_, inception5_, aux1_, aux2_;
  Dropout dropout_{nullptr};
  Linear fc_{nullptr};
};

}  // namespace reel::nn::models
