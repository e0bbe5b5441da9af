// Softmax, norms, pooling, losses and the like, forward and backward; an optimizer's step.

#include "row.h"

namespace reel::bench {
namespace {

constexpr double kFloat = sizeof(float);

double elements(const Shape& shape) { return static_cast<double>(numel(shape)); }

Tensor leaf(const Tensor& x) { return x.detach().requires_grad_(); }

void add_adam(Rows& rows, Sizes sizes) {
  const std::int64_t count = sizes(160, 3), size = sizes(160'000, 100);
  rows.push_back({.name = "Adam, 25.6 M parameters in 160 tensors",
                  .group = "optimizer",
                  .bytes = 7 * kFloat * static_cast<double>(count * size),  // four read, three of them written
                  .prepare = [=] {
                    Tensors params;
                    for (std::int64_t i = 0; i < count; ++i) {
                      params.push_back(leaf(randn({size})));
                      params.back().set_grad(randn({size}));
                    }
                    const auto adam = std::make_shared<optim::Adam>(params, optim::AdamOptions{});
                    return Work{[=](std::size_t) { adam->step(); }};
                  }});
}

}  // namespace

void add_layer_rows(Rows& rows, Sizes sizes) {
  const auto add = [&](std::string name, double bytes, const Inputs& inputs, const Function& f, bool both) {
    rows.push_back({.name = std::move(name), .group = "layer", .bytes = bytes, .prepare = [=] {
                      const std::size_t sets = sizes.sets(bytes);
                      return both ? both_ways(sets, inputs, f) : forward(sets, inputs, f);
                    }});
  };

  const Shape square{sizes(4096, 24), sizes(4096, 24)};
  const double once = kFloat * elements(square);
  const Inputs one = normal({square}), affine = normal({square, {square[1]}, {square[1]}});
  add(
      "softmax, 4096x4096", 2 * once, one, [](const Tensors& in) { return softmax(in[0], 1); }, false);
  const Function norm = [](const Tensors& in) { return layer_norm(in[0], in[1].shape(), in[1], in[2]); };
  add("layer_norm, 4096x4096", 2 * once, affine, norm, false);
  add(
      "dropout, 4096x4096", 2 * once, one, [](const Tensors& in) { return dropout(in[0], 0.5, true); }, false);

  // The logits twice, for the loss and for its gradient.
  const Shape logits{sizes(4096, 8), sizes(1000, 10)};
  add(
      "cross_entropy, 4096x1000, both ways", 3 * kFloat * elements(logits),
      [=] {
        return Tensors{leaf(randn(logits)), randint(0, logits[1], {logits[0]})};
      },
      [](const Tensors& in) { return cross_entropy(in[0], in[1]); }, true);

  const Shape heads{sizes(8, 2), sizes(16, 2), sizes(2048, 10), sizes(64, 6)};
  const double four = 4 * kFloat * elements(heads);
  for (const bool causal : {false, true}) {
    add(
        causal ? "attention, 8x16x2048x64, causal, both ways" : "attention, 8x16x2048x64, both ways", 3 * four,
        [=] {
          return Tensors{leaf(randn(heads)), leaf(randn(heads)), leaf(randn(heads))};
        },
        [=](const Tensors& in) { return scaled_dot_product_attention(in[0], in[1], in[2], {.is_causal = causal}); },
        true);
  }

  const Shape images{sizes(128, 2), sizes(64, 4), sizes(56, 6), sizes(56, 6)};
  const double all = kFloat * elements(images);
  add(
      "max_pool2d, 128x64x56x56, both ways", 2.5 * all, [=] { return Tensors{leaf(randn(images).channels_last())}; },
      [](const Tensors& in) { return max_pool2d(in[0], 2); }, true);
  // Twice the input and the output, and back twice both and the result: the statistics come first.
  add(
      "batch_norm, 128x64x56x56, both ways", 8 * all,
      [=] {
        return Tensors{leaf(randn(images).channels_last()), leaf(rand({images[1]})), leaf(randn({images[1]}))};
      },
      [](const Tensors& in) { return batch_norm(in[0], {}, {}, in[1], in[2], true); }, true);

  // A table as GPT-2's; no row is asked for twice, so that the bytes are known.
  const std::int64_t words = sizes(50'257, 50), dim = sizes(768, 8), batch = sizes(32'768, 12);
  add(
      "embedding, 32768 of 50257x768", 2 * kFloat * static_cast<double>(batch * dim),
      [=] {
        return Tensors{randperm(words).narrow(0, 0, batch).to(default_device()), randn({words, dim})};
      },
      [](const Tensors& in) { return embedding(in[0], in[1]); }, false);

  add_adam(rows, sizes);
}

void add_host_rows(Rows& rows, Sizes) {
  const auto add = [&](std::string name, bool recorded) {
    rows.push_back({.name = std::move(name), .group = "host", .on_host = true, .prepare = [=] {
                      const Tensor a = recorded ? leaf(randn({1})) : randn({1}), b = randn({1});
                      return Work{[=](std::size_t) { a + b; }};
                    }});
  };
  add("add, 1 element, until it is queued", false);
  add("add, 1 element, recorded, until it is queued", true);
}

}  // namespace reel::bench
