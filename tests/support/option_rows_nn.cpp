// The options of modules, and of models for images.

#include <reel/nn/models/alexnet.h>
#include <reel/nn/models/googlenet.h>
#include <reel/nn/models/lenet.h>
#include <reel/nn/models/scaled_width.h>
#include <reel/nn/models/squeezenet.h>
#include <reel/nn/models/vgg.h>
#include <reel/nn/nn.h>

#include "support/option_rows.h"

namespace reel::testing {

std::vector<Row> module_rows() {
  const Tensor w = ones({3, 3});
  const auto small_transformer = [](double v) {
    nn::Transformer l({.d_model = 2, .nhead = 1, .dim_feedforward = 2, .dropout = v});
  };
  const auto relu_gain = [](double v) { nn::init::calculate_gain(nn::init::Nonlinearity::leaky_relu, v); };
  return {
      {"nn/layers/activation.h",
       "negative_slope",
       [](double v) { nn::LeakyReLU l(v); },
       {-1, 0, 2},
       {kInf, -kInf, kNan}},
      {"nn/layers/activation.h", "init", [](double v) { nn::PReLU l({.init = v}); }, {-1, 0, 2}, {kInf, -kInf, kNan}},
      {"nn/layers/activation.h", "alpha", [](double v) { nn::ELU l(v); }, {-1, 0, 2}, {kInf, -kInf, kNan}},
      {"nn/layers/activation.h", "beta", [](double v) { nn::Softplus l({.beta = v}); }, {1e-3, 9}, {0, -1, kInf, kNan}},
      {"nn/layers/activation.h",
       "threshold",
       [](double v) { nn::Softplus l({.threshold = v}); },
       {-kInf, 0, kInf},
       {kNan}},
      {"nn/layers/activation.h",
       "min_val",
       [](double v) { nn::Hardtanh l({.min_val = v}); },
       {-kInf, 0.5},
       {1, 2, kNan}},
      {"nn/layers/activation.h",
       "max_val",
       [](double v) { nn::Hardtanh l({.max_val = v}); },
       {-0.5, kInf},
       {-1, -2, kNan}},
      {"nn/layers/batch_norm.h", "eps", [](double v) { nn::BatchNorm2d l(2, {.eps = v}); }, {0, 1}, {-1, kInf, kNan}},
      {"nn/layers/batch_norm.h",
       "momentum",
       [](double v) { nn::BatchNorm2d l(2, {.momentum = v}); },
       {0, 0.1, 1},
       {-0.1, 1.1, kInf, kNan}},
      {"nn/layers/dropout.h", "p", [](double v) { nn::Dropout l(v); }, {0, 0.5, 1}, {-0.1, 1.1, kNan}},
      {"nn/layers/dropout.h", "p", [](double v) { nn::Dropout2d l(v); }, {0, 0.5, 1}, {-0.1, 1.1, kNan}},
      {"nn/init.h", "a", [=](double v) { nn::init::kaiming_uniform_(w, {.a = v}); }, {-1, 0, 1}, {kInf, kNan}},
      {"nn/init.h", "a", [=](double v) { nn::init::kaiming_normal_(w, {.a = v}); }, {-1, 0, 1}, {kInf, kNan}},
      {"nn/init.h", "slope", relu_gain, {-1, 0, 1}, {kInf, -kInf, kNan}},
      {"nn/init.h", "low", [=](double v) { nn::init::uniform_(w, v, 1); }, {-1, 0, 1}, {kInf, -kInf, kNan}},
      {"nn/init.h", "high", [=](double v) { nn::init::uniform_(w, 0, v); }, {0, 1}, {-1, kInf, kNan}},
      {"nn/init.h", "mean", [=](double v) { nn::init::normal_(w, v); }, {-1, 0, 1}, {kInf, -kInf, kNan}},
      {"nn/init.h", "std", [=](double v) { nn::init::normal_(w, 0, v); }, {0, 1}, {-1, kInf, kNan}},
      {"nn/init.h", "gain", [=](double v) { nn::init::xavier_uniform_(w, v); }, {0, 1}, {-1, kInf, kNan}},
      {"nn/init.h", "gain", [=](double v) { nn::init::xavier_normal_(w, v); }, {0, 1}, {-1, kInf, kNan}},
      {"nn/losses/loss.h", "beta", [](double v) { nn::SmoothL1Loss l({.beta = v}); }, {0, 1}, {-1, kInf, kNan}},
      {"ops/options.h",
       "label_smoothing",
       [](double v) { nn::CrossEntropyLoss l({.label_smoothing = v}); },
       {0, 0.5, 1},
       {-0.1, 1.1, kNan}},
      {"nn/layers/normalization.h", "eps", [](double v) { nn::LayerNorm l(2, {.eps = v}); }, {0, 1}, {-1, kInf, kNan}},
      {"nn/layers/normalization.h", "eps", [](double v) { nn::RMSNorm l(2, {.eps = v}); }, {0, 1}, {-1, kInf, kNan}},
      {"nn/layers/normalization.h",
       "eps",
       [](double v) { nn::GroupNorm l(1, 2, {.eps = v}); },
       {0, 1},
       {-1, kInf, kNan}},
      {"nn/layers/normalization.h",
       "alpha",
       [](double v) { nn::LocalResponseNorm l(3, {.alpha = v}); },
       {0, 1},
       {-1, kInf, kNan}},
      {"nn/layers/normalization.h",
       "beta",
       [](double v) { nn::LocalResponseNorm l(3, {.beta = v}); },
       {-1, 0, 1},
       {kInf, -kInf, kNan}},
      {"nn/layers/normalization.h",
       "k",
       [](double v) { nn::LocalResponseNorm l(3, {.k = v}); },
       {0, 1},
       {-1, kInf, kNan}},
      {"nn/layers/rotary.h",
       "base",
       [](double v) { nn::RotaryEmbedding l(2, {.base = v}); },
       {0.5, 1e4},
       {0, -1, kInf, kNan}},
      {"nn/layers/attention.h",
       "dropout",
       [](double v) { nn::MultiheadAttention l(2, 1, {.dropout = v}); },
       {0, 0.5, 1},
       {-0.1, 1.1, kNan}},
      {"nn/layers/transformer_layer.h",
       "dropout",
       [](double v) { nn::TransformerEncoderLayer l(2, 1, {.dropout = v}); },
       {0, 0.5, 1},
       {-0.1, 1.1, kNan}},
      {"nn/layers/transformer_layer.h",
       "layer_norm_eps",
       [](double v) { nn::TransformerDecoderLayer l(2, 1, {.layer_norm_eps = v}); },
       {0, 1},
       {-1, kInf, kNan}},
      {"nn/layers/transformer.h", "dropout", small_transformer, {0, 0.5, 1}, {-0.1, 1.1, kNan}},
      {"nn/layers/transformer.h",
       "layer_norm_eps",
       [](double v) { nn::Transformer l({.d_model = 2, .nhead = 1, .dim_feedforward = 2, .layer_norm_eps = v}); },
       {0, 1},
       {-1, kInf, kNan}},
      {"nn/layers/recurrent.h",
       "dropout",
       [](double v) { nn::RNN l(1, 1, {.dropout = v}); },
       {0, 0.5, 1},
       {-0.1, 1.1, kNan}},
      {"nn/layers/recurrent.h",
       "dropout",
       [](double v) { nn::LSTM l(1, 1, {.dropout = v}); },
       {0, 0.5, 1},
       {-0.1, 1.1, kNan}},
      {"nn/layers/recurrent.h",
       "dropout",
       [](double v) { nn::GRU l(1, 1, {.dropout = v}); },
       {0, 0.5, 1},
       {-0.1, 1.1, kNan}},
      {"nn/layers/dropout.h", "p", [](double v) { nn::Dropout3d l(v); }, {0, 0.5, 1}, {-0.1, 1.1, kNan}},
      {"nn/layers/instance_norm.h",
       "eps",
       [](double v) { nn::InstanceNorm2d l(2, {.eps = v}); },
       {0, 1},
       {-1, kInf, kNan}},
      {"nn/layers/instance_norm.h",
       "momentum",
       [](double v) { nn::InstanceNorm2d l(2, {.momentum = v}); },
       {0, 0.5, 1},
       {-0.1, 1.1, kNan}},
      {"nn/layers/pooling.h", "norm_type", [](double v) { nn::LPPool1d l(v, 2); }, {0.5, 2}, {0, -1, kInf, kNan}},
      {"nn/layers/pooling.h", "norm_type", [](double v) { nn::LPPool2d l(v, 2); }, {0.5, 2}, {0, -1, kInf, kNan}},
      {"nn/layers/shape_layers.h",
       "scale_factor",
       [](double v) { nn::Upsample l({.scale_factor = v}); },
       {0.5, 2},
       {0, -1, kInf, kNan}},
  };
}

std::vector<Row> model_rows() {
  using namespace nn::models;
  const Doubles widths{0.02, 0.1}, no_widths{0, -1, 65, kInf, kNan}, no_shares{-0.1, 1.1, kNan};
  const auto alexnet = [](double dropout) { AlexNet net({.dropout = dropout, .width = 0.02}); };
  const auto vgg = [](double dropout) { VGG net(VGGNet::A, {.dropout = dropout, .width = 0.02}); };
  return {
      {"nn/models/scaled_width.h", "width", [](double v) { nn::models::detail::scaled(64, v); }, widths, no_widths},
      {"nn/models/alexnet.h", "width", [](double v) { AlexNet net({.width = v}); }, widths, no_widths},
      {"nn/models/googlenet.h", "width", [](double v) { GoogLeNet net({.width = v}); }, widths, no_widths},
      {"nn/models/vgg.h", "width", [](double v) { VGG net(VGGNet::A, {.width = v}); }, widths, no_widths},
      {"nn/models/alexnet.h", "dropout", alexnet, {0, 0.5, 1}, no_shares},
      {"nn/models/lenet.h", "dropout", [](double v) { LeNet net(10, v); }, {0, 0.5, 1}, no_shares},
      {"nn/models/vgg.h", "dropout", vgg, {0, 0.5, 1}, no_shares},
      {"nn/models/squeezenet.h",
       "dropout",
       [](double v) { SqueezeNet net({.num_classes = 2, .dropout = v}); },
       {0, 0.5, 1},
       no_shares},
  };
}

}  // namespace reel::testing
