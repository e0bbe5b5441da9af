// The options of the language models.

#include <reel/nn/lora.h>
#include <reel/nn/models/bert.h>
#include <reel/nn/models/generate.h>
#include <reel/nn/models/gpt2.h>
#include <reel/nn/models/llama.h>

#include "option_rows.h"

namespace reel::testing {

std::vector<Row> language_model_rows() {
  using namespace nn::models;
  const auto gpt2 = [](double dropout, double eps) {
    GPT2 net(
        {.vocab_size = 2, .n_positions = 2, .n_embd = 2, .n_layer = 1, .n_head = 1, .dropout = dropout, .eps = eps});
    net(zeros({1, 1}, DType::i64));
  };
  const auto bert = [](double dropout, double eps) {
    Bert net({.vocab_size = 2,
              .hidden_size = 2,
              .num_hidden_layers = 1,
              .num_attention_heads = 1,
              .intermediate_size = 2,
              .dropout = dropout,
              .eps = eps});
  };
  const auto llama = [](double eps, double theta) {
    Llama net({.vocab_size = 2,
               .hidden_size = 2,
               .intermediate_size = 2,
               .num_hidden_layers = 1,
               .num_attention_heads = 1,
               .num_key_value_heads = 1,
               .rms_norm_eps = eps,
               .rope_theta = theta});
  };
  const Tensor logits = ones({2});
  const auto lora = [](double alpha, double dropout) {
    const nn::Sequential net(nn::Linear(2, 2));
    nn::LoRA adapters(net, {.lora_alpha = alpha, .dropout = dropout, .target_modules = "0"});
  };
  return {
      {"nn/models/gpt2.h", "dropout", [=](double v) { gpt2(v, 0); }, {0, 0.5, 1}, {-0.1, 1.1, kNan}},
      {"nn/models/gpt2.h", "eps", [=](double v) { gpt2(0, v); }, {0, 1}, {-1, kInf, kNan}},
      {"nn/models/bert.h", "dropout", [=](double v) { bert(v, 0); }, {0, 0.5, 1}, {-0.1, 1.1, kNan}},
      {"nn/models/bert.h", "eps", [=](double v) { bert(0, v); }, {0, 1}, {-1, kInf, kNan}},
      {"nn/models/llama.h", "rms_norm_eps", [=](double v) { llama(v, 1); }, {0, 1}, {-1, kInf, kNan}},
      {"nn/models/llama.h", "rope_theta", [=](double v) { llama(0, v); }, {0.5, 1e6}, {0, -1, kInf, kNan}},
      {"nn/lora.h", "lora_alpha", [=](double v) { lora(v, 0); }, {-1, 0, 8}, {kInf, -kInf, kNan}},
      {"nn/lora.h", "dropout", [=](double v) { lora(8, v); }, {0, 0.5, 1}, {-0.1, 1.1, kNan}},
      {"nn/models/generate.h",
       "temperature",
       [=](double v) { sample_token(logits, {.temperature = v}); },
       {0, 1, 9},
       {-1, kInf, kNan}},
      {"nn/models/generate.h",
       "top_p",
       [=](double v) { sample_token(logits, {.top_p = v}); },
       {0.1, 1},
       {0, -1, 1.1, kNan}},
  };
}

}  // namespace reel::testing
