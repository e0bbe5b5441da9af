// Language models against Hugging Face's, whose names, outputs and gradients make_language_models.py has written.

#include <cmath>
#include <map>
#include <sstream>

#include <doctest/doctest.h>
#include <reel/nn/models/bert.h>
#include <reel/nn/models/gpt2.h>
#include <reel/nn/models/llama.h>
#include <reel/reel.h>

#include "support/default_device.h"
#include "support/source_files.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;
using namespace nn::models;

namespace {

/// What the file says of one model.
struct Golden {
  std::map<std::string, Shape> state;
  std::vector<double> output;
  double loss = 0;
  std::map<std::string, double> gradients;
};

Golden golden_of(const std::string& model) {
  std::istringstream file(read_text(source_dir() / "tests/goldens/language_models.txt"));
  Golden golden;
  std::string current;
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line);
    std::string kind, name;
    in >> kind;
    if (kind == "model") in >> current;
    if (current != model) continue;
    if (kind == "name") {
      std::vector<std::int64_t> sizes;
      in >> name;
      for (std::int64_t size = 0; in >> size;) sizes.push_back(size);
      golden.state.emplace(name, Shape(sizes));
    } else if (kind == "output") {
      for (double value = 0; in >> value;) golden.output.push_back(value);
    } else if (kind == "loss") {
      in >> golden.loss;
    } else if (kind == "gradient") {
      double norm = 0;
      in >> name >> norm;
      golden.gradients.emplace(name, norm);
    }
  }
  return golden;
}

std::map<std::string, Tensor> sorted_parameters(const nn::Module& model) {
  const nn::NamedTensors named = model.named_parameters();
  return {named.begin(), named.end()};
}

/// Parameter k of the names in order gets 0.3 sin(0.37 i + k), and 1 more if it is the weight of a norm.
void set_weights(const nn::Module& model) {
  const NoGradGuard no_grad;
  double k = 0;
  for (const auto& [name, p] : sorted_parameters(model)) {
    const double more = p.dim() == 1 && name.ends_with("weight") ? 1 : 0;
    std::vector<double> values(static_cast<std::size_t>(p.numel()));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = 0.3 * std::sin(0.37 * static_cast<double>(i) + k) + more;
    }
    p.copy_(tensor(values, p.shape()).to(p.device(), p.dtype()));
    ++k;
  }
}

Tensor golden_ids() {
  std::vector<std::int64_t> values;
  for (std::int64_t row = 0; row < 2; ++row) {
    for (std::int64_t i = 0; i < 7; ++i) values.push_back((7 * i + 5 * i * i + row) % 13);
  }
  return tensor(values, {2, 7});
}

/// Names, output, and the gradients of mean(output * cos(0.1 i)).
void check_golden(const std::string& name, const nn::Module& model, const std::function<Tensor()>& output,
                  double tolerance) {
  const Golden golden = golden_of(name);
  std::map<std::string, Shape> shapes;
  for (const auto& [key, value] : model.state_dict()) shapes.emplace(key, value.shape());
  CHECK(shapes == golden.state);
  set_weights(model);
  model.eval();
  const Tensor got = output();
  const std::vector<double> values = got.to_vector<double>();
  REQUIRE(values.size() == golden.output.size());
  std::vector<double> factors;
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(std::abs(values[i] - golden.output[i]) <= tolerance * (1 + std::abs(golden.output[i])));
    factors.push_back(std::cos(0.1 * static_cast<double>(i)));
  }
  const Tensor loss = (got * tensor(factors, got.shape()).to(got.device(), got.dtype())).mean();
  CHECK(std::abs(loss.item<double>() - golden.loss) <= tolerance);
  loss.backward();
  const auto parameters = sorted_parameters(model);
  REQUIRE(parameters.size() == golden.gradients.size());
  for (const auto& [key, norm] : golden.gradients) {
    INFO(key);
    REQUIRE(parameters.contains(key));
    CHECK(std::abs(reel::norm(parameters.at(key).grad()).item<double>() - norm) <= tolerance * (0.1 + norm));
  }
}

const BertOptions small_bert{.vocab_size = 13,
                             .hidden_size = 12,
                             .num_hidden_layers = 2,
                             .num_attention_heads = 3,
                             .intermediate_size = 20,
                             .max_position_embeddings = 10};
const GPT2Options small_gpt2{.vocab_size = 13, .n_positions = 10, .n_embd = 12, .n_layer = 2, .n_head = 3};
LlamaOptions small_llama(bool tied) {
  return {.vocab_size = 13,
          .hidden_size = 16,
          .intermediate_size = 20,
          .num_hidden_layers = 2,
          .num_attention_heads = 4,
          .num_key_value_heads = 2,
          .max_position_embeddings = 10,
          .rope_theta = 1e4,
          .tie_word_embeddings = tied};
}

/// The state as Hugging Face's files have it: without a prefix, without a tied head, here in another dtype, too.
nn::StateDict bare_state(const nn::Module& model, const std::string& prefix, const std::string& left_out) {
  nn::StateDict out;
  for (const auto& [name, value] : model.state_dict()) {
    if (name == left_out) continue;
    out.emplace(name.starts_with(prefix) ? name.substr(prefix.size()) : name, value.to(DType::f64));
  }
  return out;
}

bool same_state(const nn::Module& a, const nn::Module& b) {
  const nn::StateDict left = a.state_dict(), right = b.state_dict();
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.template to_vector<float>() == y.second.template to_vector<float>();
  });
}

}  // namespace

TEST_CASE("GPT2 is Hugging Face's") {
  const GPT2 f32(small_gpt2), f64(small_gpt2);
  f64.to(DType::f64);
  check_golden(
      "gpt2", f64, [&] { return f64(golden_ids()); }, 1e-9);
  check_golden(
      "gpt2", f32, [&] { return f32(golden_ids()); }, 2e-5);
}

TEST_CASE("Llama is Hugging Face's, with an output of its own and with the embedding's") {
  for (const bool tied : {false, true}) {
    const Llama f32(small_llama(tied)), f64(small_llama(tied));
    f64.to(DType::f64);
    const std::string name = tied ? "llama_tied" : "llama";
    check_golden(
        name, f64, [&] { return f64(golden_ids()); }, 1e-6);  // whose rotations are f32
    check_golden(
        name, f32, [&] { return f32(golden_ids()); }, 2e-5);
  }
}

TEST_CASE("Bert is Hugging Face's, with a mask and two kinds of tokens") {
  const Tensor mask = tensor({{1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 0, 0, 0}});
  const Tensor types = tensor({{0, 0, 0, 1, 1, 1, 1}, {0, 0, 1, 1, 0, 0, 0}});
  const auto output = [&](const Bert& model) {
    const Tensor hidden = model(golden_ids(), mask, types);
    return cat({hidden[0], hidden[1].narrow(0, 0, 4), model.pool(hidden)});
  };
  const Bert f32(small_bert), f64(small_bert);
  f64.to(DType::f64);
  check_golden(
      "bert", f64, [&] { return output(f64); }, 1e-9);
  check_golden(
      "bert", f32, [&] { return output(f32); }, 2e-5);
  const Tensor by_number = f32(golden_ids(), mask, types);
  CHECK(by_number.to_vector<float>() == f32(golden_ids(), mask != 0, types).to_vector<float>());
  CHECK(by_number.to_vector<float>() != f32(golden_ids(), mask).to_vector<float>());
}

TEST_CASE("mean_pool counts the tokens of the mask") {
  const Tensor hidden =
      tensor({{{1., 2.}, {3., 6.}, {NAN, 0.}}, {{3., 4.}, {3., 4.}, {3., 4.}}, {{1., 1.}, {1., 1.}, {1., 1.}}});
  const Tensor mask = tensor({{1, 1, 0}, {1, 1, 1}, {0, 0, 0}});
  CHECK(mean_pool(hidden, mask).to_vector<double>() == std::vector<double>{2, 4, 3, 4, 0, 0});
  const std::vector<double> unit = mean_pool(hidden.narrow(0, 1, 1), {}, true).to_vector<double>();
  CHECK(unit[0] == doctest::Approx(0.6));
  CHECK(unit[1] == doctest::Approx(0.8));
  CHECK_THROWS_AS(mean_pool(hidden, mask.narrow(1, 0, 2)), ShapeError);
}

TEST_CASE("a cache changes no logits, however the tokens are cut") {
  const NoGradGuard no_grad;
  const auto check_cuts = [](const auto& model) {
    set_weights(model);
    model.eval();
    const Tensor ids = golden_ids();
    const Tensor whole = model(ids);
    for (const std::vector<std::int64_t>& cuts :
         {std::vector<std::int64_t>{7}, {1, 1, 1, 1, 1, 1, 1}, {3, 4}, {2, 1, 4}}) {
      KVCache cache;
      Tensors parts;
      for (const std::int64_t count : cuts) parts.push_back(model(ids.narrow(1, cache.size(), count), cache));
      CHECK(cache.size() == 7);
      CHECK(allclose(cat(parts, 1), whole, 1e-5, 1e-5));
      CHECK_THROWS_AS(model(ids, cache), ValueError);  // 14 positions of 10
      CHECK(cache.size() == 7);
      CHECK_THROWS_AS(model(ids.narrow(0, 0, 1).narrow(1, 0, 1), cache), ShapeError);  // another batch
      CHECK(cache.size() == 7);
      cache.clear();
      CHECK(allclose(model(ids.narrow(0, 1, 1), cache), whole.narrow(0, 1, 1), 1e-5, 1e-5));
    }
  };
  check_cuts(GPT2(small_gpt2));
  check_cuts(Llama(small_llama(true)));
}

TEST_CASE("a cache takes no part in a tape") {
  const GPT2 model(small_gpt2);
  KVCache cache;
  CHECK(message_of<ValueError>([&] { model(golden_ids(), cache); }).find("NoGradGuard") != std::string::npos);
  CHECK(cache.size() == 0);
  CHECK_NOTHROW(no_grad([&] { model(golden_ids(), cache); }));
  CHECK_THROWS_AS(cache.append(2, ones({1, 1, 1, 1}), ones({1, 1, 1, 1})), ValueError);  // there are two
  cache.clear();
  CHECK_THROWS_AS(cache.append(1, ones({1, 1, 1, 1}), ones({1, 1, 1, 1})), ValueError);
}

TEST_CASE("files of Hugging Face fit, with and without their prefixes") {
  const GPT2 gpt2(small_gpt2), other_gpt2(small_gpt2);
  nn::StateDict bare = bare_state(gpt2, "transformer.", "lm_head.weight");
  bare.emplace("h.0.attn.bias", ones({1, 1, 10, 10}));
  other_gpt2.load_pretrained(bare);
  CHECK(same_state(gpt2, other_gpt2));
  CHECK_THROWS_AS(other_gpt2.load_pretrained({{"h.0.nothing", ones({1})}}), ValueError);

  const Llama llama(small_llama(true)), other_llama(small_llama(true));
  other_llama.load_pretrained(bare_state(llama, "model.", "lm_head.weight"));
  CHECK(same_state(llama, other_llama));
  const Llama untied(small_llama(false));
  CHECK_THROWS_AS(untied.load_pretrained(bare_state(llama, "model.", "lm_head.weight")), ValueError);

  const Bert bert(small_bert), other_bert(small_bert);
  nn::StateDict old;
  for (const auto& [name, value] : bert.state_dict()) {
    std::string key = "bert." + name;
    if (key.ends_with("LayerNorm.weight")) key.replace(key.size() - 6, 6, "gamma");
    if (key.ends_with("LayerNorm.bias")) key.replace(key.size() - 4, 4, "beta");
    old.emplace(key, value);
  }
  old.emplace("cls.predictions.bias", ones({13}));
  old.emplace("bert.embeddings.position_ids", arange(10));
  other_bert.load_pretrained(old);
  CHECK(same_state(bert, other_bert));
}

TEST_CASE("language models refuse what they cannot take") {
  CHECK_THROWS_AS(GPT2({.n_embd = 10, .n_head = 3}), ValueError);
  CHECK_THROWS_AS(GPT2({.n_layer = 0}), ValueError);
  CHECK_THROWS_AS(Bert({.hidden_size = 10, .num_attention_heads = 3}), ValueError);
  CHECK_THROWS_AS(Llama({.hidden_size = 12, .num_attention_heads = 4}), ValueError);  // heads of 3
  CHECK_THROWS_AS(Llama({.hidden_size = 16, .num_attention_heads = 4, .num_key_value_heads = 3}), ValueError);
  const GPT2 gpt2(small_gpt2);
  CHECK_THROWS_AS(gpt2(ones({2, 3})), DTypeError);
  CHECK_THROWS_AS(gpt2(tensor({1, 2})), ShapeError);
  CHECK_THROWS_AS(gpt2(zeros({1, 11}, DType::i64)), ValueError);
  BertOptions no_pooler = small_bert;
  no_pooler.pooler = false;
  CHECK_THROWS_AS(Bert(no_pooler).pool(ones({1, 2, 12})), ValueError);
  const Bert bert(small_bert);
  CHECK_THROWS_AS(bert(golden_ids(), tensor({1, 1})), ShapeError);
}

TEST_CASE("dropout is there in training alone") {
  GPT2Options options = small_gpt2;
  options.dropout = 0.5;
  const GPT2 model(options);
  const auto logits = [&] { return no_grad([&] { return model(golden_ids()); }).to_vector<float>(); };
  CHECK(logits() != logits());
  model.eval();
  CHECK(logits() == logits());
}
