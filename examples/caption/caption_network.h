#pragma once

#include <tuple>

#include "vocabulary.h"

/// A network that captions images, as m-RNN does (Mao et al. 2014, "Deep captioning with multimodal recurrent neural
/// networks").
namespace support {

struct CaptionOptions {
  std::int64_t words = 0;         ///< In the vocabulary.
  std::int64_t embedding = 32;    ///< Numbers for a word,
  std::int64_t hidden = 64;       ///< for the state of the LSTM,
  std::int64_t features = 128;    ///< for an image,
  std::int64_t multimodal = 256;  ///< and in the layer where they meet.
};

/// What the network remembers between two words: the part of the image in the multimodal layer [batch, multimodal],
/// which does not change, and the state of the LSTM [1, batch, hidden].
struct CaptionState {
  Tensor image, h, c;

  /// The state of these rows of the batch.
  CaptionState rows(const Tensor& index) const {
    return {index_select(image, 0, index), index_select(h, 1, index), index_select(c, 1, index)};
  }
};

/// A convolution that makes maps of half the height and width, normalised.
inline nn::Sequential halved(std::int64_t in, std::int64_t out, std::int64_t kernel) {
  const nn::Conv2d conv(in, out, kernel, {.stride = 2, .padding = kernel / 2, .bias = false});
  return nn::Sequential(conv, nn::BatchNorm2d(out), nn::ReLU());
}

/// The CNN sees images [batch, 3, 48, 48]. Each word of a caption passes the embedding and an LSTM; in the multimodal
/// layer embedding, state and image meet, and a softmax follows. m-RNN has two layers of embedding and a plain
/// recurrence instead of the LSTM, and a CNN trained before, on ImageNet.
struct CaptionNetwork : nn::Layer<CaptionNetwork> {
  nn::Sequential cnn{nullptr};
  nn::Embedding embedding{nullptr};
  nn::LSTM lstm{nullptr};
  nn::Linear from_word{nullptr}, from_state{nullptr}, from_image{nullptr}, output{nullptr};

  explicit CaptionNetwork(const CaptionOptions& o) {
    cnn = register_module(
        "cnn",
        nn::Sequential(halved(3, 16, 5), halved(16, 32, 3), halved(32, 64, 3), nn::Flatten(),  // 24, 12, 6 pixels
                       nn::Linear(64 * 6 * 6, o.features, {.bias = false}), nn::BatchNorm1d(o.features), nn::ReLU()));
    embedding = register_module("embedding", nn::Embedding(o.words, o.embedding));
    lstm = register_module("lstm", nn::LSTM(o.embedding, o.hidden, {.batch_first = true}));
    from_word = register_module("from_word", nn::Linear(o.embedding, o.multimodal));
    from_state = register_module("from_state", nn::Linear(o.hidden, o.multimodal, {.bias = false}));
    from_image = register_module("from_image", nn::Linear(o.features, o.multimodal, {.bias = false}));
    output = register_module("output", nn::Linear(o.multimodal, o.words));
  }

  /// The logits [batch, steps, vocabulary] of the word that follows each of `words` [batch, steps].
  Tensor forward(const Tensor& images, const Tensor& words) const { return next(words, start(images)).first; }

  /// The state before the first word of captions for images.
  CaptionState start(const Tensor& images) const {
    const Tensor rest = zeros({1, images.size(0), lstm.weight_hh_l0.size(1)}, images.options());
    return {from_image(cnn(images)), rest, rest};
  }

  /// The logits after each of `words` [batch, steps], and the state after the last. The multimodal layer is
  /// 1.7159 tanh(2/3 (V_w w + V_r r + V_I I)), the paper's scaled hyperbolic tangent.
  std::pair<Tensor, CaptionState> next(const Tensor& words, const CaptionState& state) const {
    const Tensor word = embedding(words);
    const auto [recurrent, h, c] = lstm(word, state.h, state.c);
    const Tensor sum = from_word(word) + from_state(recurrent) + state.image.unsqueeze(1);
    return {output(1.7159 * tanh(2.0 / 3 * sum)), {state.image, h, c}};
  }

  /// The mean of -log p(word | words before, image) over the words and end marks of captions [batch, length], which
  /// begin with the begin mark; padding does not count.
  Tensor loss(const Tensor& images, const Tensor& captions) const {
    const std::int64_t steps = captions.size(1) - 1;
    const Tensor logits = forward(images, captions.narrow(1, 0, steps));
    return cross_entropy(flatten(logits, 0, 1), flatten(captions.narrow(1, 1, steps)),
                         {.ignore_index = Vocabulary::padding});
  }
};

}  // namespace support
