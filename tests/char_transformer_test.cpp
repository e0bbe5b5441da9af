// A small GPT-2 learns as PyTorch's does from the same weights (goldens/make_char_transformer.py).

#include <cmath>
#include <fstream>
#include <map>

#include <doctest/doctest.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/nn/models/gpt2.h>
#include <reel/ops/ops.h>
#include <reel/optim/optim.h>

#include "support/source_files.h"

using namespace reel;

namespace {

constexpr std::int64_t kWords = 27, kLength = 16, kBatch = 8;

/// Element i of parameter k, in the order of their names, is sin(0.37 i + k) times 0.08, of a norm's weight 1 more.
void set_weights(const nn::models::GPT2& net) {
  const NoGradGuard no_grad;
  std::map<std::string, Tensor> sorted;
  for (const auto& [name, p] : net.named_parameters()) sorted.emplace(name, p);
  double k = 0;
  for (const auto& [name, p] : sorted) {
    const double add = name.find(".ln_") != std::string::npos && name.ends_with("weight") ? 1 : 0;
    p.copy_((0.08 * sin(0.37 * arange(p.numel(), DType::f64) + k) + add).view(p.shape()).to(DType::f32));
    ++k;
  }
}

/// Character i of 400 is (i^2 / 3 + 2 i) mod 27.
Tensor text() {
  std::vector<std::int64_t> characters;
  for (std::int64_t i = 0; i < 400; ++i) characters.push_back((i * i / 3 + 2 * i) % kWords);
  return tensor(characters);
}

}  // namespace

TEST_CASE("a GPT-2 has PyTorch's losses in a hundred steps from the same weights") {
  const nn::models::GPT2 net(
      {.vocab_size = kWords, .n_positions = kLength, .n_embd = 32, .n_layer = 2, .n_head = 4, .dropout = 0});
  set_weights(net);
  optim::AdamW adamw(net.parameters(), {.lr = 5e-4, .betas = {0.9, 0.99}, .weight_decay = 0.1});
  const Tensor characters = text();
  std::ifstream file(testing::source_dir() / "tests/goldens/char_transformer.txt");
  double first = 0, last = 0;
  for (std::int64_t step = 0; step < 100; ++step) {
    std::vector<std::int64_t> begins;
    for (std::int64_t row = 0; row < kBatch; ++row) begins.push_back((37 * step + 91 * row) % (400 - kLength - 1));
    const Tensor places = tensor(begins, {kBatch, 1}) + arange(kLength);
    const Tensor loss =
        cross_entropy(net(characters.index({places})).flatten(0, 1), characters.index({places + 1}).flatten());
    adamw.zero_grad();
    loss.backward();
    optim::clip_grad_norm_(net.parameters(), 1);
    adamw.step();
    double expected = 0;
    REQUIRE(!(file >> expected).fail());
    last = loss.item();
    if (step == 0) first = last;
    CAPTURE(step);
    CHECK(std::abs(last - expected) < (default_device().is_cuda() ? 1e-3 : 1e-4));  // roundings of a GPU differ more
  }
  CHECK(last < 0.75 * first);  // it has learnt something
}
