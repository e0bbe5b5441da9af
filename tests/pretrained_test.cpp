// Trained models from files: small ones that the tests make, and, where they have been fetched, real ones against what
// make_sentences.py and make_smollm2.py have written.

#include "../examples/language_models.h"

#include <cmath>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <reel/data/gguf.h>
#include <reel/nn/models/generate.h>
#include <reel/training/pretrained.h>
#include <nlohmann/json.hpp>

#include "support/requirement.h"
#include "support/source_files.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;
using Ids = std::vector<std::int64_t>;

namespace {

/// What is missing of a model that `./dev data` fetches.
Requirement needs_files(const char* suite, const char* name, const char* file) {
  return {suite, [=] {
            try {
              support::pretrained_file(name, file);
            } catch (const IOError& e) {
              return std::string(e.what());
            }
            return std::string();
          }};
}
const Requirement needs_minilm = needs_files("needs ./dev data minilm", "minilm", "model.safetensors");
const Requirement needs_smollm2 = needs_files("needs ./dev data smollm2", "smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf");

Ids ids_in(std::istream& in) {
  Ids ids;
  for (std::int64_t id = 0; in >> id;) ids.push_back(id);
  in.clear();
  return ids;
}

/// A small Llama as a GGUF file has it.
data::GGUFFile small_file(const nn::models::Llama& net) {
  data::GGUFFile file;
  const auto put = [&](const std::string& key, const data::GGUFValue::Variant& value) {
    file.metadata.insert_or_assign(key, data::GGUFValue(key, value));
  };
  put("general.architecture", std::string("llama"));
  const std::map<std::string, std::int64_t> sizes{
      {"embedding_length", 16},    {"feed_forward_length", 6},     {"block_count", 2},
      {"attention.head_count", 4}, {"attention.head_count_kv", 2}, {"context_length", 9}};
  for (const auto& [key, value] : sizes) put("llama." + key, value);
  put("llama.attention.layer_norm_rms_epsilon", 1e-5);
  put("llama.rope.freq_base", 500.0);
  const std::map<std::string, std::string> names{
      {"self_attn.q_proj", "attn_q"},      {"self_attn.k_proj", "attn_k"},   {"self_attn.v_proj", "attn_v"},
      {"self_attn.o_proj", "attn_output"}, {"mlp.gate_proj", "ffn_gate"},    {"mlp.up_proj", "ffn_up"},
      {"mlp.down_proj", "ffn_down"},       {"input_layernorm", "attn_norm"}, {"post_attention_layernorm", "ffn_norm"}};
  for (const auto& [name, value] : net.state_dict()) {
    if (name == "model.embed_tokens.weight") file.tensors["token_embd.weight"] = value;
    if (name == "model.norm.weight") file.tensors["output_norm.weight"] = value;
    if (!name.starts_with("model.layers.")) continue;
    const std::string layer = name.substr(13, 1), part = name.substr(15, name.size() - 15 - 7);
    Tensor weight = value.clone();
    const bool turned = part == "self_attn.q_proj" || part == "self_attn.k_proj";
    for (std::int64_t row = 0; turned && row < value.size(0); ++row) {  // heads of 4 rows, halves of 2
      const std::int64_t head = row / 4, half = row % 4 / 2, pair = row % 2;
      weight.select(0, head * 4 + pair * 2 + half).copy_(value[row]);
    }
    file.tensors["blk." + layer + "." + names.at(part) + ".weight"] = weight;
  }
  return file;
}

nn::models::Llama small_llama() {
  return nn::models::Llama({.vocab_size = 7,
                            .hidden_size = 16,
                            .intermediate_size = 6,
                            .num_hidden_layers = 2,
                            .num_attention_heads = 4,
                            .num_key_value_heads = 2,
                            .max_position_embeddings = 9,
                            .rope_theta = 500});
}

}  // namespace

TEST_CASE("a Llama in a GGUF file is the one that was put there") {
  manual_seed(4);
  const nn::models::Llama net = small_llama();
  for (const Tensor& p : net.parameters()) nn::init::normal_(p, 0, 0.5);
  const data::GGUFFile file = small_file(net);
  const nn::models::Llama read = training::load_llama(file);
  const Tensor ids = tensor({{1, 5, 2, 6, 0, 3}});
  CHECK(read(ids).to_vector<float>() == net(ids).to_vector<float>());
  CHECK(!read.is_training());
  CHECK(read.max_positions() == 9);
}

TEST_CASE("a GGUF file without a Llama, or with one that does not fit, is refused") {
  const data::GGUFFile whole = small_file(small_llama());
  const auto with = [&](const std::string& key, const data::GGUFValue::Variant& value) {
    data::GGUFFile file = whole;
    file.metadata.insert_or_assign(key, data::GGUFValue(key, value));
    return file;
  };
  const auto refuses = [](const std::string& message, const data::GGUFFile& file) {
    check_throws<Error>(message, [&] { training::load_llama(file); });
  };
  refuses("got \"bert\"", with("general.architecture", std::string("bert")));
  refuses("got \"yarn\"", with("llama.rope.scaling.type", std::string("yarn")));
  refuses("llama.block_count", with("llama.block_count", std::int64_t{1} << 40));
  refuses("llama.embedding_length", with("llama.embedding_length", std::int64_t{1} << 40));
  refuses("llama.feed_forward_length", with("llama.feed_forward_length", std::int64_t{1} << 40));
  refuses("llama.context_length", with("llama.context_length", std::int64_t{1} << 40));
  refuses("llama.attention.head_count", with("llama.attention.head_count", std::int64_t{0}));
  refuses("llama.attention.head_count_kv", with("llama.attention.head_count_kv", std::int64_t{5}));
  refuses("unexpected", with("llama.block_count", std::int64_t{1}));
  data::GGUFFile file = whole;
  file.metadata.erase("llama.block_count");
  refuses("expected metadata \"llama.block_count\"", file);
  file = whole;
  file.tensors.erase("blk.1.ffn_up.weight");
  refuses("missing: model.layers.1.mlp.up_proj.weight", file);
  file = whole;
  file.tensors["blk.0.other.weight"] = ones({1});
  refuses("unexpected: blk.0.other.weight", file);
  file.tensors.clear();
  refuses("token_embd.weight", file);
}

TEST_CASE("all-MiniLM-L6-v2 embeds sentences as Hugging Face's model does" * needs_minilm) {
  const NoGradGuard no_grad;
  const support::MiniLM model;
  const data::Tokenizer by_vocabulary = data::load_wordpiece(support::pretrained_file("minilm", "vocab.txt"));
  std::ifstream file(source_dir() / "tests/goldens/sentences.txt");
  std::vector<std::string> sentences;
  std::vector<double> expected;
  for (std::string sentence, line; std::getline(file, sentence) && std::getline(file, line);) {
    INFO(sentence);
    std::istringstream in(line);
    const Ids ids = ids_in(in);
    CHECK(model.tokenizer.encode(sentence) == ids);
    CHECK(by_vocabulary.encode(sentence) == ids);
    std::string colon;
    in >> colon;
    for (double value = 0; in >> value;) expected.push_back(value);
    sentences.push_back(sentence);
  }
  REQUIRE(sentences.size() == 10);
  const std::vector<double> got = model.embed(sentences).to_vector<double>();
  REQUIRE(got.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) worst = std::max(worst, std::abs(got[i] - expected[i]));
  CHECK(worst < 1e-5);
}

TEST_CASE("SmolLM2 says what Hugging Face's model says" * needs_smollm2) {
  const data::GGUFFile file = data::load_gguf(support::pretrained_file("smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"));
  const data::Tokenizer tokenizer = data::load_tokenizer(file);
  const nn::models::Llama net = training::load_llama(file);
  std::ifstream golden(source_dir() / "tests/goldens/smollm2.txt");
  int prompts = 0;
  for (std::string prompt, line; std::getline(golden, prompt); ++prompts) {
    INFO(prompt);
    const auto next_ids = [&] {
      std::getline(golden, line);
      std::istringstream in(line);
      return ids_in(in);
    };
    const Ids ids = next_ids(), said = next_ids();
    std::getline(golden, line);  // the lead
    CHECK(tokenizer.encode(nlohmann::json::parse(prompt).get<std::string>()) == ids);
    CHECK(nn::models::generate(net, ids, {.max_new_tokens = 20}) == said);
  }
  CHECK(prompts == 3);
}
