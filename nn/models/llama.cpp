// Llama.

#include <reel/nn/models/llama.h>

#include <reel/nn/init.h>
#include <reel/nn/layers/rotary.h>
#include <reel/nn/models/language_model.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/tensor/core/option.h>

namespace reel::nn::models {
namespace {

/// A layer whose weights are drawn at the end, with all others.
Linear blank_linear(std::int64_t in, std::int64_t out) { return Linear(empty({out, in})); }

class Attention : public Layer<Attention> {
 public:
  Attention(const LlamaOptions& options, const RotaryEmbedding& rotary)
      : rotary_(rotary),
        heads_(options.num_attention_heads),
        shared_heads_(options.num_key_value_heads),
        q_proj_(projection("q_proj", options.hidden_size, options.hidden_size)),
        k_proj_(projection("k_proj", options.hidden_size, options.hidden_size / heads_ * shared_heads_)),
        v_proj_(projection("v_proj", options.hidden_size, options.hidden_size / heads_ * shared_heads_)),
        o_proj_(projection("o_proj", options.hidden_size, options.hidden_size)) {}

  Tensor forward(const Tensor& x, const detail::Past& past) const {
    const Tensor q = rotary_(detail::split_heads(q_proj_(x), heads_), past.size());
    const Tensor k = rotary_(detail::split_heads(k_proj_(x), shared_heads_), past.size());
    const Tensor v = detail::split_heads(v_proj_(x), shared_heads_);
    return o_proj_(detail::merge_heads(detail::causal_attention(q, k, v, past)));
  }

 private:
  Linear projection(const char* name, std::int64_t in, std::int64_t out) {
    return register_module(name, blank_linear(in, out));
  }

  RotaryEmbedding rotary_;  // all blocks share it
  std::int64_t heads_, shared_heads_;
  Linear q_proj_, k_proj_, v_proj_, o_proj_;
};

class Mlp : public Layer<Mlp> {
 public:
  explicit Mlp(const LlamaOptions& options)
      : gate_proj_(register_module("gate_proj", blank_linear(options.hidden_size, options.intermediate_size))),
        up_proj_(register_module("up_proj", blank_linear(options.hidden_size, options.intermediate_size))),
        down_proj_(register_module("down_proj", blank_linear(options.intermediate_size, options.hidden_size))) {}

  Tensor forward(const Tensor& x) const { return down_proj_(swiglu(gate_proj_(x), up_proj_(x))); }

 private:
  Linear gate_proj_, up_proj_, down_proj_;
};

class Block : public Layer<Block> {
 public:
  Block(const LlamaOptions& options, const RotaryEmbedding& rotary)
      : input_layernorm_(norm("input_layernorm", options)),
        self_attn_(register_module("self_attn", Attention(options, rotary))),
        post_attention_layernorm_(norm("post_attention_layernorm", options)),
        mlp_(register_module("mlp", Mlp(options))) {}

  Tensor forward(const Tensor& x, const detail::Past& past) const {
    const Tensor y = x + self_attn_(input_layernorm_(x), past);
    return y + mlp_(post_attention_layernorm_(y));
  }

 private:
  RMSNorm norm(const char* name, const LlamaOptions& options) {
    return register_module(name, RMSNorm(options.hidden_size, {.eps = options.rms_norm_eps}));
  }

  RMSNorm input_layernorm_;
  Attention self_attn_;
  RMSNorm post_attention_layernorm_;
  Mlp mlp_;
};

void check_options(const LlamaOptions& options) {
  detail::check_sizes("Llama",
                      {{"vocab_size", options.vocab_size},
                       {"hidden_size", options.hidden_size},
                       {"intermediate_size", options.intermediate_size},
                       {"num_hidden_layers", options.num_hidden_layers},
                       {"num_attention_heads", options.num_attention_heads},
                       {"num_key_value_heads", options.num_key_value_heads},
                       {"max_position_embeddings", options.max_position_embeddings}},
                      options.hidden_size, options.num_attention_heads);
  check<ValueError>(options.num_attention_heads % options.num_key_value_heads == 0,
                    "Llama: expected num_key_value_heads that divide the {} num_attention_heads, got {}",
                    options.num_attention_heads, options.num_key_value_heads);
  check<ValueError>(options.hidden_size / options.num_attention_heads % 2 == 0,
                    "Llama: expected heads of an even size, got a width of {} in {} heads", options.hidden_size,
                    options.num_attention_heads);
  reel::detail::check_option("Llama", "rms_norm_eps", options.rms_norm_eps, reel::detail::kFiniteAtLeastZero);
  reel::detail::check_option("Llama", "rope_theta", options.rope_theta, reel::detail::kPositive);
}

}  // namespace

Llama::Llama(const LlamaOptions& options) : options_(options) {
  check_options(options);
  Module model;
  embed_tokens_ = model.register_module("embed_tokens", Embedding(empty({options.vocab_size, options.hidden_size})));
  const RotaryEmbedding rotary = model.register_module(
      "rotary_emb", RotaryEmbedding(options.hidden_size / options.num_attention_heads,
                                    {.max_seq_len = options.max_position_embeddings, .base = options.rope_theta}));
  for (std::int64_t i = 0; i < options.num_hidden_layers; ++i) layers_.push_back(Block(options, rotary));
  model.register_module("layers", layers_);
  norm_ = model.register_module("norm", RMSNorm(options.hidden_size, {.eps = options.rms_norm_eps}));
  register_module("model", model);
  lm_head_ = options.tie_word_embeddings ? Linear(embed_tokens_.weight)
                                         : blank_linear(options.hidden_size, options.vocab_size);
  register_module("lm_head", lm_head_);
  for (const Tensor& p : parameters()) {
    if (p.dim() > 1) init::normal_(p, 0, 0.02);
  }
}

Tensor Llama::forward(const Tensor& ids) const { return run(ids, nullptr); }
Tensor Llama::forward(const Tensor& ids, KVCache& cache) const { return run(ids, &cache); }

Tensor Llama::run(const Tensor& ids, KVCache* cache) const {
  detail::Past past{cache};
  detail::check_ids("Llama", ids, past.size(), options_.max_position_embeddings);
  Tensor x = embed_tokens_(ids);
  for (past.layer = 0; past.layer < options_.num_hidden_layers; ++past.layer) {
    x = layers_.at<Block>(past.layer)(x, past);
  }
  const Tensor logits = lm_head_(norm_(x));
  if (cache) cache->advance(ids.size(1));
  return logits;
}

void Llama::load_pretrained(const StateDict& state) const {
  StateDict named = detail::renamed(*this, state, "model.");
  std::erase_if(named, [](const auto& entry) { return entry.first.ends_with(".inv_freq"); });
  if (const auto table = named.find("model.embed_tokens.weight");
      table != named.end() && options_.tie_word_embeddings) {
    named.emplace("lm_head.weight", table->second);
  }
  load_state_dict(named);
}

}  // namespace reel::nn::models
