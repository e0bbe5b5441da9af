// GPT-2.

#include <reel/nn/models/gpt2.h>

#include <cmath>

#include <fmt/format.h>

#include <reel/nn/init.h>
#include <reel/nn/models/blocks.h>
#include <reel/nn/models/language_model.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/view.h>

namespace reel::nn::models {
namespace {

class Attention : public Layer<Attention> {
 public:
  explicit Attention(const GPT2Options& options)
      : heads_(options.n_head),
        dropout_(options.dropout),
        c_attn_(register_module("c_attn", Conv1D(options.n_embd, 3 * options.n_embd))),
        c_proj_(register_module("c_proj", Conv1D(options.n_embd, options.n_embd))),
        resid_dropout_(register_module("resid_dropout", Dropout(options.dropout))) {}

  Tensor forward(const Tensor& x, const detail::Past& past) const {
    const Tensors qkv = chunk(c_attn_(x), 3, -1);
    const auto heads = [&](int i) { return detail::split_heads(qkv[static_cast<std::size_t>(i)], heads_); };
    const Tensor y = detail::causal_attention(heads(0), heads(1), heads(2), past, is_training() ? dropout_ : 0);
    return resid_dropout_(c_proj_(detail::merge_heads(y)));
  }

 private:
  std::int64_t heads_;
  double dropout_;
  Conv1D c_attn_, c_proj_;
  Dropout resid_dropout_;
};

class Mlp : public Layer<Mlp> {
 public:
  explicit Mlp(const GPT2Options& options)
      : c_fc_(register_module("c_fc", Conv1D(options.n_embd, 4 * options.n_embd))),
        c_proj_(register_module("c_proj", Conv1D(4 * options.n_embd, options.n_embd))),
        dropout_(register_module("dropout", Dropout(options.dropout))) {}

  Tensor forward(const Tensor& x) const { return dropout_(c_proj_(gelu(c_fc_(x), GeluApproximate::tanh))); }

 private:
  Conv1D c_fc_, c_proj_;
  Dropout dropout_;
};

class Block : public Layer<Block> {
 public:
  explicit Block(const GPT2Options& options)
      : ln_1_(register_module("ln_1", LayerNorm(options.n_embd, {.eps = options.eps}))),
        attn_(register_module("attn", Attention(options))),
        ln_2_(register_module("ln_2", LayerNorm(options.n_embd, {.eps = options.eps}))),
        mlp_(register_module("mlp", Mlp(options))) {}

  Tensor forward(const Tensor& x, const detail::Past& past) const {
    const Tensor y = x + attn_(ln_1_(x), past);
    return y + mlp_(ln_2_(y));
  }

 private:
  LayerNorm ln_1_;
  Attention attn_;
  LayerNorm ln_2_;
  Mlp mlp_;
};

}  // namespace

Conv1D::Conv1D(std::int64_t in_features, std::int64_t out_features)
    : weight(register_parameter("weight", init::normal_(empty({in_features, out_features}), 0, 0.02))),
      bias(register_parameter("bias", zeros({out_features}))) {
  set_extra_text(fmt::format("in_features={}, out_features={}", in_features, out_features));
}

Tensor Conv1D::forward(const Tensor& x) const { return linear(x, t(weight), bias); }

GPT2::GPT2(const GPT2Options& options) : options_(options) {
  detail::check_sizes("GPT2",
                      {{"vocab_size", options.vocab_size},
                       {"n_positions", options.n_positions},
                       {"n_embd", options.n_embd},
                       {"n_layer", options.n_layer},
                       {"n_head", options.n_head}},
                      options.n_embd, options.n_head);
  Module transformer;
  wte_ = transformer.register_module("wte", Embedding(options.vocab_size, options.n_embd));
  wpe_ = transformer.register_module("wpe", Embedding(options.n_positions, options.n_embd));
  drop_ = transformer.register_module("drop", detail::dropout_of("GPT2", options.dropout));
  for (std::int64_t i = 0; i < options.n_layer; ++i) h_.push_back(Block(options));
  transformer.register_module("h", h_);
  ln_f_ = transformer.register_module("ln_f", LayerNorm(options.n_embd, {.eps = options.eps}));
  register_module("transformer", transformer);
  lm_head_ = register_module("lm_head", Linear(wte_.weight));
  init::normal_(wte_.weight, 0, 0.02);
  init::normal_(wpe_.weight, 0, 0.02);
  // What blocks add to what runs through them is scaled by the number of sums (Radford et al. 2019).
  const double std = 0.02 / std::sqrt(2 * static_cast<double>(options.n_layer));
  for (const auto& [name, p] : named_parameters()) {
    if (name.ends_with("c_proj.weight")) init::normal_(p, 0, std);
  }
}

Tensor GPT2::forward(const Tensor& ids) const { return run(ids, nullptr); }
Tensor GPT2::forward(const Tensor& ids, KVCache& cache) const { return run(ids, &cache); }

Tensor GPT2::run(const Tensor& ids, KVCache* cache) const {
  detail::Past past{cache};
  detail::check_ids("GPT2", ids, past.size(), options_.n_positions);
  const Tensor positions = narrow(wpe_.weight, 0, past.size(), ids.size(1));
  Tensor x = drop_(wte_(ids) + positions);
  for (past.layer = 0; past.layer < options_.n_layer; ++past.layer) x = h_.at<Block>(past.layer)(x, past);
  const Tensor logits = lm_head_(ln_f_(x));
  if (cache) cache->advance(ids.size(1));
  return logits;
}

void GPT2::load_pretrained(const StateDict& state) const {
  StateDict named = detail::renamed(*this, state, "transformer.");
  std::erase_if(named, [](const auto& entry) {
    return entry.first.ends_with(".attn.bias") || entry.first.ends_with(".attn.masked_bias");
  });
  if (const auto wte = named.find("transformer.wte.weight"); wte != named.end()) {
    named.emplace("lm_head.weight", wte->second);
  }
  load_state_dict(named);
}

}  // namespace reel::nn::models
