// The measured transformer in libtorch.

#include "gpt2.h"

#include "library.h"

namespace bench {
namespace {

namespace nn = torch::nn;
using torch::Tensor;

struct Block : nn::Module {
  std::int64_t heads;
  nn::LayerNorm ln_1, ln_2;
  nn::Linear c_attn, c_proj, c_fc, mlp_proj;

  Block(std::int64_t width, std::int64_t head_count)
      : heads(head_count),
        ln_1(register_module("ln_1", nn::LayerNorm(nn::LayerNormOptions({width})))),
        ln_2(register_module("ln_2", nn::LayerNorm(nn::LayerNormOptions({width})))),
        c_attn(register_module("c_attn", nn::Linear(width, 3 * width))),
        c_proj(register_module("c_proj", nn::Linear(width, width))),
        c_fc(register_module("c_fc", nn::Linear(width, 4 * width))),
        mlp_proj(register_module("mlp_proj", nn::Linear(4 * width, width))) {}

  Tensor attention(const Tensor& x) {
    const std::int64_t n = x.size(0), t = x.size(1), width = x.size(2);
    const auto qkv = c_attn(x).split(width, -1);
    const auto split = [&](const Tensor& y) { return y.view({n, t, heads, width / heads}).transpose(1, 2); };
    const Tensor y = lib::attention(split(qkv[0]), split(qkv[1]), split(qkv[2]), true);
    return c_proj(y.transpose(1, 2).reshape({n, t, width}));
  }
  Tensor forward(const Tensor& x) {
    const Tensor y = x + attention(ln_1(x));
    return y + mlp_proj(at::gelu(c_fc(ln_2(y)), "tanh"));
  }
};

}  // namespace

GPT2::GPT2(const Transformer& form)
    : tokens_(register_module("tokens", nn::Embedding(form.vocabulary, form.width))),
      positions_(register_module("positions", nn::Embedding(form.positions, form.width))),
      norm_(register_module("norm", nn::LayerNorm(nn::LayerNormOptions({form.width})))) {
  for (std::int64_t i = 0; i < form.layers; ++i) blocks_->push_back(std::make_shared<Block>(form.width, form.heads));
  register_module("blocks", blocks_);
}

Tensor GPT2::forward(const Tensor& ids) {
  const Tensor x = tokens_(ids) + positions_->weight.narrow(0, 0, ids.size(1));
  return torch::linear(norm_(blocks_->forward(x)), tokens_->weight);
}

}  // namespace bench
