// Tokens drawn from logits, and texts that language models continue.

#include <cmath>
#include <map>

#include <doctest/doctest.h>
#include <reel/nn/models/generate.h>
#include <reel/nn/models/gpt2.h>
#include <reel/reel.h>

#include "support/throws.h"

using namespace reel;
using namespace reel::testing;
using namespace nn::models;

namespace {

/// How often each token is drawn.
std::vector<double> frequencies(const Tensor& logits, const SamplingOptions& options, int draws = 4000) {
  Generator generator(5);
  std::vector<double> out(static_cast<std::size_t>(logits.numel()));
  for (int i = 0; i < draws; ++i)
    out[static_cast<std::size_t>(sample_token(logits, options, generator))] += 1.0 / draws;
  return out;
}

void check_near(const std::vector<double>& got, const std::vector<double>& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO(i);
    if (expected[i] == 0) CHECK(got[i] == 0);
    else CHECK(std::abs(got[i] - expected[i]) < 0.03);  // 4 standard deviations of 4000 draws
  }
}

const std::vector<double> shares{0.1, 0.4, 0.2, 0.3};

Tensor logits_of_shares() {
  std::vector<double> out;
  for (const double share : shares) out.push_back(std::log(share) + 7);
  return tensor(out);
}

const GPT2Options small{.vocab_size = 11, .n_positions = 12, .n_embd = 8, .n_layer = 2, .n_head = 2};

/// What `generate` should give without a cache: the whole text anew for each token.
std::vector<std::int64_t> greedy(const GPT2& model, std::vector<std::int64_t> text, std::size_t count) {
  const NoGradGuard no_grad;
  std::vector<std::int64_t> out;
  while (out.size() < count) {
    const auto length = static_cast<std::int64_t>(text.size());
    out.push_back(argmax(model(tensor(text, {1, length}))[0][length - 1]).item<std::int64_t>());
    text.push_back(out.back());
  }
  return out;
}

}  // namespace

TEST_CASE("tokens are drawn as often as their shares say") {
  check_near(frequencies(logits_of_shares(), {}), shares);
  check_near(frequencies(logits_of_shares().to(DType::f32), {}), shares);
  const double total = 0.01 + 0.16 + 0.04 + 0.09;  // at half the temperature shares are squared
  check_near(frequencies(logits_of_shares(), {.temperature = 0.5}),
             {0.01 / total, 0.16 / total, 0.04 / total, 0.09 / total});
  check_near(frequencies(logits_of_shares(), {.top_k = 2}), {0, 4.0 / 7, 0, 3.0 / 7});
  check_near(frequencies(logits_of_shares(), {.top_k = 9}), shares);
  check_near(frequencies(logits_of_shares(), {.top_p = 0.75}), {0, 4.0 / 9, 2.0 / 9, 3.0 / 9});
  check_near(frequencies(logits_of_shares(), {.top_p = 0.65}), {0, 4.0 / 7, 0, 3.0 / 7});
  check_near(frequencies(logits_of_shares(), {.top_p = 1e-9}), {0, 1, 0, 0});
  check_near(frequencies(logits_of_shares(), {.top_k = 3, .top_p = 0.7}), {0, 4.0 / 7, 0, 3.0 / 7});
  check_near(frequencies(logits_of_shares(), {.temperature = 0}), {0, 1, 0, 0});
}

TEST_CASE("logits at the ends of the range") {
  const double inf = INFINITY;
  check_near(frequencies(tensor({-inf, 1.0, -inf}), {}), {0, 1, 0});
  check_near(frequencies(tensor({-1e30, 0.0, 0.0}), {}), {0, 0.5, 0.5});
  CHECK(sample_token(tensor({2.0, 2.0, 1.0}), {.temperature = 0}) == 0);
  CHECK(sample_token(tensor({2.0, 2.0, 1.0}), {.top_k = 1}) == 0);
  CHECK_THROWS_AS(sample_token(tensor({1.0, NAN})), ValueError);
  CHECK_THROWS_AS(sample_token(tensor({1.0, inf})), ValueError);
  CHECK_THROWS_AS(sample_token(tensor({-inf, -inf})), ValueError);
  CHECK_THROWS_AS(sample_token(zeros({0})), ValueError);
  CHECK_THROWS_AS(sample_token(zeros({1, 2})), ShapeError);
  CHECK_THROWS_AS(sample_token(zeros({2}), {.top_k = -1}), ValueError);
}

TEST_CASE("generate continues a prompt with the most probable tokens") {
  manual_seed(3);
  const GPT2 model(small);
  nn::init::normal_(model.get_parameter("transformer.wte.weight"), 0, 1);
  model.eval();
  const std::vector<std::int64_t> prompt{3, 1, 4}, expected = greedy(model, prompt, 6);
  CHECK(generate(model, prompt, {.max_new_tokens = 6}) == expected);
  CHECK(generate(model, prompt, {.max_new_tokens = 0}).empty());
  CHECK(generate(model, prompt, {.max_new_tokens = 50}).size() == 9);  // 12 positions

  std::vector<std::int64_t> seen;
  const auto three = [&](std::int64_t token) {
    seen.push_back(token);
    return seen.size() < 3;
  };
  CHECK(generate(model, prompt, {.on_token = three}) ==
        std::vector<std::int64_t>(expected.begin(), expected.begin() + 3));
  CHECK(seen.size() == 3);
  const auto first = std::find(expected.begin(), expected.end(), expected[4]);
  CHECK(generate(model, prompt, {.stop_tokens = {99, expected[4]}}) == std::vector(expected.begin(), first));

  CHECK_THROWS_AS(generate(model, {}), ValueError);
  CHECK_THROWS_AS(generate(model, std::vector<std::int64_t>(13, 1)), ValueError);
  CHECK_THROWS_AS(generate(model, prompt, {.max_new_tokens = -1}), ValueError);
  CHECK_THROWS_AS(generate(model, prompt, {.sampling = {.top_p = 2}}), ValueError);
}

TEST_CASE("generate draws with the generator that it is given") {
  manual_seed(3);
  const GPT2 model(small);
  model.eval();
  const auto text = [&](std::uint64_t seed) {
    Generator generator(seed);
    return generate(model, {1}, {.max_new_tokens = 11, .sampling = {}}, generator);
  };
  CHECK(text(1) == text(1));
  CHECK(text(1) != text(2));
}
