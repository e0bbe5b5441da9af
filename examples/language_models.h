#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "support.h"

#include <reel/data/safetensors.h>
#include <reel/data/tokenizer.h>
#include <reel/nn/models/bert.h>

/// Trained language models from files.
namespace support {

/// A file of a model that `./dev data NAME` has fetched: in the folder named, or in NAME/ of REEL_DATA or the user's
/// cache. An IOError without it says how to fetch it.
inline std::string pretrained_file(const std::string& name, const std::string& file, const std::string& folder = {}) {
  const auto variable = [](const char* key) {
    const char* value = std::getenv(key);
    return fs::path(value ? value : "");
  };
  const fs::path cache = variable("XDG_CACHE_HOME").empty() ? variable("HOME") / ".cache" : variable("XDG_CACHE_HOME");
  std::vector<fs::path> places{cache / "reel" / name};
  if (const fs::path data = variable("REEL_DATA"); !data.empty()) places.insert(places.begin(), data / name);
  if (!folder.empty()) places = {fs::path(folder)};
  for (const fs::path& place : places) {
    if (fs::exists(place / file)) return (place / file).string();
  }
  throw IOError("expected " + file + " in " + places.back().string() + "; `./dev data " + name + "` fetches it");
}

/// all-MiniLM-L6-v2, a BERT that was trained to give sentences of like meaning like embeddings (Wang et al. 2020;
/// Reimers and Gurevych 2019).
struct MiniLM {
  data::Tokenizer tokenizer;
  nn::models::Bert bert{{.hidden_size = kWidth, .num_hidden_layers = 6, .intermediate_size = 1536}};

  static constexpr std::int64_t kWidth = 384;

  explicit MiniLM(const std::string& folder = {})
      : tokenizer(data::load_tokenizer(pretrained_file("minilm", "tokenizer.json", folder))) {
    bert.load_pretrained(data::load_safetensors(pretrained_file("minilm", "model.safetensors", folder)).tensors);
    bert.eval();
  }

  /// Sentences [N] as vectors of length 1 [N, 384], the means of what their tokens have become. Of long texts the first
  /// 256 tokens count, as the model was trained.
  Tensor embed(const std::vector<std::string>& sentences) const {
    constexpr std::size_t kMost = 256;
    std::vector<std::vector<std::int64_t>> lists;
    for (const std::string& sentence : sentences) {
      lists.push_back(tokenizer.encode(sentence));
      if (lists.back().size() > kMost) lists.back().erase(lists.back().begin() + kMost - 1, lists.back().end() - 1);
    }
    const data::TokenBatch batch = data::pad_tokens(lists);
    const Device device = bert.parameters().front().device();
    const Tensor mask = batch.attention_mask.to(device);
    return nn::models::mean_pool(bert(batch.ids.to(device), mask), mask, true);
  }
};

}  // namespace support
