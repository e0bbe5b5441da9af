// BERT.

#include <reel/nn/models/bert.h>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/nn/init.h>
#include <reel/nn/models/blocks.h>
#include <reel/nn/models/language_model.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/attention.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel::nn::models {
namespace {

/// query, key and value.
class SelfAttention : public Layer<SelfAttention> {
 public:
  explicit SelfAttention(const BertOptions& options)
      : heads_(options.num_attention_heads),
        dropout_(options.dropout),
        query_(register_module("query", Linear(options.hidden_size, options.hidden_size))),
        key_(register_module("key", Linear(options.hidden_size, options.hidden_size))),
        value_(register_module("value", Linear(options.hidden_size, options.hidden_size))) {}

  Tensor forward(const Tensor& x, const Tensor& mask) const {
    const AttentionOptions options{.attn_mask = mask, .dropout_p = is_training() ? dropout_ : 0};
    const auto heads = [&](const Linear& layer) { return detail::split_heads(layer(x), heads_); };
    return detail::merge_heads(scaled_dot_product_attention(heads(query_), heads(key_), heads(value_), options));
  }

 private:
  std::int64_t heads_;
  double dropout_;
  Linear query_, key_, value_;
};

/// A layer whose result is added to what came in, then normalised.
class Output : public Layer<Output> {
 public:
  Output(std::int64_t in_features, const BertOptions& options)
      : dense_(register_module("dense", Linear(in_features, options.hidden_size))),
        norm_(register_module("LayerNorm", LayerNorm(options.hidden_size, {.eps = options.eps}))),
        dropout_(register_module("dropout", Dropout(options.dropout))) {}

  Tensor forward(const Tensor& x, const Tensor& residual) const { return norm_(dropout_(dense_(x)) + residual); }

 private:
  Linear dense_;
  LayerNorm norm_;
  Dropout dropout_;
};

class Block : public Layer<Block> {
 public:
  explicit Block(const BertOptions& options)
      : self_(options),
        attention_output_(options.hidden_size, options),
        intermediate_(options.hidden_size, options.intermediate_size),
        output_(register_module("output", Output(options.intermediate_size, options))) {
    Module attention, intermediate;
    attention.register_module("self", self_);
    attention.register_module("output", attention_output_);
    intermediate.register_module("dense", intermediate_);
    register_module("attention", attention);
    register_module("intermediate", intermediate);
  }

  Tensor forward(const Tensor& x, const Tensor& mask) const {
    const Tensor y = attention_output_(self_(x, mask), x);
    return output_(gelu(intermediate_(y)), y);
  }

 private:
  SelfAttention self_;
  Output attention_output_;
  Linear intermediate_;
  Output output_;
};

/// The name in Hugging Face's newer files.
std::string current_name(std::string name) {
  for (const auto& [old, now] : {std::pair{".gamma", ".weight"}, std::pair{".beta", ".bias"}}) {
    if (name.ends_with(old)) name.replace(name.rfind('.'), std::string::npos, now);
  }
  return name.starts_with("bert.") ? name.substr(5) : name;
}

Tensor as_mask(std::string_view op, const Tensor& attention_mask, const Tensor& tokens) {
  check<ShapeError>(attention_mask.shape() == Shape{tokens.size(0), tokens.size(1)},
                    "{}: expected an attention_mask of shape [{}, {}], a number for each token, got {}", op,
                    tokens.size(0), tokens.size(1), attention_mask.shape());
  return attention_mask.dtype() == DType::boolean ? attention_mask : attention_mask != 0;
}

}  // namespace

Bert::Bert(const BertOptions& options) : options_(options) {
  detail::check_sizes("Bert",
                      {{"vocab_size", options.vocab_size},
                       {"hidden_size", options.hidden_size},
                       {"num_hidden_layers", options.num_hidden_layers},
                       {"num_attention_heads", options.num_attention_heads},
                       {"intermediate_size", options.intermediate_size},
                       {"max_position_embeddings", options.max_position_embeddings},
                       {"type_vocab_size", options.type_vocab_size}},
                      options.hidden_size, options.num_attention_heads);
  Module embeddings, encoder;
  const auto table = [&](const char* name, std::int64_t rows, const EmbeddingOptions& embedding = {}) {
    return embeddings.register_module(name, Embedding(rows, options.hidden_size, embedding));
  };
  word_embeddings_ = table("word_embeddings", options.vocab_size, {.padding_idx = options.pad_token_id});
  position_embeddings_ = table("position_embeddings", options.max_position_embeddings);
  token_type_embeddings_ = table("token_type_embeddings", options.type_vocab_size);
  norm_ = embeddings.register_module("LayerNorm", LayerNorm(options.hidden_size, {.eps = options.eps}));
  dropout_ = embeddings.register_module("dropout", detail::dropout_of("Bert", options.dropout));
  for (std::int64_t i = 0; i < options.num_hidden_layers; ++i) layers_.push_back(Block(options));
  encoder.register_module("layer", layers_);
  register_module("embeddings", embeddings);
  register_module("encoder", encoder);
  if (options.pooler) {
    Module pooler;
    pooler_ = pooler.register_module("dense", Linear(options.hidden_size, options.hidden_size));
    register_module("pooler", pooler);
  }
  for (const Tensor& p : parameters()) {
    if (p.dim() > 1) init::normal_(p, 0, 0.02);
  }
  for (const auto& [name, p] : named_parameters()) {
    if (name.ends_with(".bias")) init::zeros_(p);
  }
  if (options.pad_token_id) {
    init::zeros_(no_grad([&] { return word_embeddings_.weight.select(0, *options.pad_token_id); }));
  }
}

Tensor Bert::forward(const Tensor& ids, const Tensor& attention_mask, const Tensor& token_type_ids) const {
  detail::check_ids("Bert", ids, 0, options_.max_position_embeddings);
  Tensor mask;
  if (attention_mask.defined()) mask = reshape(as_mask("Bert", attention_mask, ids), {ids.size(0), 1, 1, ids.size(1)});
  const Tensor types = token_type_ids.defined() ? token_type_ids : zeros(ids.shape(), ids.options());
  const Tensor positions = narrow(position_embeddings_.weight, 0, 0, ids.size(1));
  Tensor x = word_embeddings_(ids) + token_type_embeddings_(types) + positions;
  x = dropout_(norm_(x));
  for (std::int64_t i = 0; i < options_.num_hidden_layers; ++i) x = layers_.at<Block>(i)(x, mask);
  return x;
}

Tensor Bert::pool(const Tensor& hidden) const {
  check<ValueError>(static_cast<bool>(pooler_), "Bert: expected a model with a pooler; make it with .pooler = true");
  reel::detail::check_rank("Bert", "what is pooled", hidden, 3);
  return tanh(pooler_(select(hidden, 1, 0)));
}

void Bert::load_pretrained(const StateDict& state) const {
  StateDict named;
  for (const auto& [name, tensor] : state) {
    const std::string current = current_name(name);
    const bool other = current.starts_with("cls.") || current == "embeddings.position_ids" ||
                       (!options_.pooler && current.starts_with("pooler."));
    if (!other) named.emplace(current, tensor);
  }
  load_state_dict(detail::renamed(*this, named, ""));
}

Tensor mean_pool(const Tensor& hidden, const Tensor& attention_mask, bool normalize) {
  reel::detail::check_rank("mean_pool", "hidden", hidden, 3);
  Tensor mean;
  if (attention_mask.defined()) {
    const Tensor weights = unsqueeze(as_mask("mean_pool", attention_mask, hidden), 2).to(hidden.dtype());
    mean = sum(where(weights != 0, hidden, zeros_like(hidden)), {1}) / clamp(sum(weights, {1}), 1);
  } else {
    mean = reel::mean(hidden, {1});
  }
  return normalize ? mean / clamp(norm(mean, 2, {-1}, true), 1e-12) : mean;
}

}  // namespace reel::nn::models
