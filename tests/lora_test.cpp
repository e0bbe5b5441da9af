// Low-rank adapters and frozen parameters.

#include <cmath>
#include <filesystem>
#include <set>

#include <doctest/doctest.h>
#include <reel/data/safetensors.h>
#include <reel/nn/freeze.h>
#include <reel/nn/lora.h>
#include <reel/nn/models/gpt2.h>
#include <reel/nn/models/llama.h>
#include <reel/reel.h>

#include "support/scratch_folder.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

struct Net : nn::Layer<Net> {
  nn::Linear first = register_module("first", nn::Linear(3, 5));
  nn::Linear second = register_module("second", nn::Linear(5, 2));
  Tensor forward(const Tensor& x) const { return second(tanh(first(x))); }
};

const nn::models::LlamaOptions small_llama{.vocab_size = 7,
                                           .hidden_size = 8,
                                           .intermediate_size = 6,
                                           .num_hidden_layers = 2,
                                           .num_attention_heads = 2,
                                           .num_key_value_heads = 1,
                                           .max_position_embeddings = 9};

/// Numbers for the adapters, which start with B = 0.
void fill(const nn::LoRA& lora) {
  for (const Tensor& p : lora.parameters()) nn::init::normal_(p, 0, 0.5);
}

bool near(const Tensor& a, const Tensor& b) { return allclose(a, b, 1e-5, 1e-6); }

std::vector<std::vector<float>> values_of(const nn::Module& module) {
  std::vector<std::vector<float>> out;
  for (const auto& [name, value] : module.state_dict()) out.push_back(value.to_vector<float>());
  return out;
}

}  // namespace

TEST_CASE("an adapter changes nothing at first, then adds alpha / r B A x") {
  const Net net;
  const Tensor x = randn({4, 3}), before = net(x);
  const nn::LoRA lora(net, {.r = 2, .lora_alpha = 6, .target_modules = "second"});
  CHECK(lora.layers() == std::vector<std::string>{"second"});
  CHECK(net(x).to_vector<float>() == before.to_vector<float>());
  fill(lora);
  const Tensor a = lora.get_parameter("base_model.model.second.lora_A.weight");
  const Tensor b = lora.get_parameter("base_model.model.second.lora_B.weight");
  CHECK(a.shape() == Shape{2, 5});
  CHECK(b.shape() == Shape{2, 2});
  const Tensor hidden = tanh(linear(x, net.first.weight, net.first.bias));
  CHECK(near(net(x), before + matmul(matmul(hidden, a.t()), b.t()) * 3));
}

TEST_CASE("A starts uniform in +-1 / sqrt(in), B zero") {
  nn::Sequential net(nn::Linear(100, 4));
  const nn::LoRA lora(net, {.r = 50, .target_modules = "0"});
  const Tensor a = lora.get_parameter("base_model.model.0.lora_A.weight");
  CHECK(a.abs().max().item() <= 0.1);
  CHECK(a.abs().max().item() > 0.098);
  CHECK(std::abs(a.mean().item()) < 0.005);
  CHECK(lora.get_parameter("base_model.model.0.lora_B.weight").abs().max().item() == 0);
}

TEST_CASE("only adapters learn, and merged they are part of the weights") {
  manual_seed(1);
  const Net net;
  nn::LoRA lora(net, {.r = 2, .target_modules = "first|second"});
  for (const Tensor& p : net.parameters()) CHECK(!p.requires_grad());
  CHECK(lora.parameters().size() == 4);
  const auto weights = values_of(net);
  const Tensor x = randn({16, 3}), target = randn({16, 2});
  optim::Adam adam(lora.parameters(), {.lr = 0.05});
  const double first = mse_loss(net(x), target).item();
  for (int step = 0; step < 50; ++step) {
    adam.zero_grad();
    mse_loss(net(x), target).backward();
    adam.step();
  }
  CHECK(mse_loss(net(x), target).item() < 0.8 * first);
  CHECK(values_of(net) == weights);
  const Tensor adapted = net(x);
  lora.merge();
  CHECK(near(net(x), adapted));
  CHECK(values_of(net) != weights);
  CHECK(!net(x).requires_grad());
  CHECK_THROWS_AS(lora.merge(), ValueError);
  CHECK_THROWS_AS(lora.remove(), ValueError);
}

TEST_CASE("adapters come off, for all handles") {
  const Net net;
  const Tensor x = randn({4, 3}), before = net(x);
  nn::LoRA lora(net, {.target_modules = "first"}), copy = lora;
  fill(lora);
  CHECK(!near(net(x), before));
  copy.remove();
  CHECK(near(net(x), before));
  CHECK_THROWS_AS(lora.merge(), ValueError);
}

TEST_CASE("GPT-2's layers, whose weights are transposed, and a cache") {
  manual_seed(2);
  const nn::models::GPT2 net({.vocab_size = 7, .n_positions = 9, .n_embd = 8, .n_layer = 2, .n_head = 2});
  net.eval();
  nn::LoRA lora(net, {.r = 3, .target_modules = "c_attn"});
  CHECK(lora.layers() == std::vector<std::string>{"transformer.h.0.attn.c_attn", "transformer.h.1.attn.c_attn"});
  const Tensor ids = tensor({{1, 2, 3, 4}});
  const Tensor before = net(ids);
  fill(lora);
  const Tensor adapted = net(ids);
  CHECK(!near(adapted, before));
  {
    const NoGradGuard no_grad;
    nn::models::KVCache cache;
    CHECK(near(net(ids, cache), adapted));
  }
  lora.merge();
  CHECK(near(net(ids), adapted));
}

TEST_CASE("a weight that another module shares is not merged, for that would change, too") {
  const nn::models::GPT2 net({.vocab_size = 7, .n_positions = 9, .n_embd = 8, .n_layer = 1, .n_head = 2});
  net.eval();
  const Tensor ids = tensor({{1, 2, 3}}), before = net(ids);
  nn::LoRA lora(net, {.r = 2, .target_modules = "c_attn|lm_head"});
  fill(lora);
  const Tensor adapted = net(ids);
  check_throws<ValueError>("\"lm_head\" shares its weight with \"transformer.wte\"", [&] { lora.merge(); });
  CHECK(near(net(ids), adapted));
  lora.remove();
  CHECK(near(net(ids), before));
}

TEST_CASE("the names of adapters are PEFT's, and their file is small") {
  const nn::models::Llama net(small_llama), other(small_llama);
  other.load_state_dict(net.state_dict());
  const nn::LoRA lora(net, {.r = 4}), second(other, {.r = 4});
  std::set<std::string> names;
  for (const auto& [name, value] : lora.state_dict()) names.insert(name);
  std::set<std::string> expected;
  for (const char* layer : {"0", "1"}) {
    for (const char* part : {"q_proj.lora_A", "q_proj.lora_B", "v_proj.lora_A", "v_proj.lora_B"}) {
      expected.insert(std::string("base_model.model.model.layers.") + layer + ".self_attn." + part + ".weight");
    }
  }
  CHECK(names == expected);
  fill(lora);
  const ScratchFolder folder;
  const std::string path = (folder / "adapter.safetensors").string();
  save(lora, path);
  CHECK(data::load_safetensors(path).tensors.size() == 8);
  const Tensor ids = tensor({{1, 2, 3}});
  CHECK(!near(other(ids), net(ids)));
  load(second, path);
  CHECK(near(other(ids), net(ids)));
  const nn::LoRA wider(other, {.r = 5});
  CHECK_THROWS_AS(load(wider, path), ValueError);
}

TEST_CASE("dropout of adapters follows the mode of the model") {
  const Net net;
  const nn::LoRA lora(net, {.r = 2, .dropout = 0.5, .target_modules = "first"});
  fill(lora);
  const Tensor x = randn({4, 3});
  CHECK(!near(net(x), net(x)));
  net.eval();
  CHECK(near(net(x), net(x)));
}

TEST_CASE("LoRA refuses what makes no sense, and changes nothing then") {
  const Net net;
  check_throws<ValueError>("\"third\"", [&] { nn::LoRA lora(net, {.target_modules = "third"}); });
  check_throws<ValueError>("\"(\"", [&] { nn::LoRA lora(net, {.target_modules = "("}); });
  CHECK_THROWS_AS(nn::LoRA(net, {.r = 0, .target_modules = "first"}), ValueError);
  for (const Tensor& p : net.parameters()) CHECK(p.requires_grad());
}

TEST_CASE("adapters have the dtype of the weights") {
  const Net net;
  net.to(DType::f64);
  const nn::LoRA lora(net, {.target_modules = "first"});
  for (const Tensor& p : lora.parameters()) CHECK(p.dtype() == DType::f64);
  CHECK_NOTHROW(net(ones({1, 3}, DType::f64)));
}

TEST_CASE("parameters are frozen by name") {
  const Net net;
  CHECK(nn::freeze(net, "^first") == std::vector<std::string>{"first.weight", "first.bias"});
  CHECK(!net.first.weight.requires_grad());
  CHECK(net.second.weight.requires_grad());
  net(ones({1, 3})).sum().backward();
  CHECK(!net.first.weight.grad().defined());
  CHECK(net.second.weight.grad().defined());
  CHECK(nn::unfreeze(net, "bias").size() == 2);
  CHECK(net.first.bias.requires_grad());
  CHECK(nn::freeze(net).size() == 4);
  CHECK_THROWS_AS(nn::freeze(net, "third"), ValueError);
  CHECK_THROWS_AS(nn::unfreeze(net, "("), ValueError);
}
