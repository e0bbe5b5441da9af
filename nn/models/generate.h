#pragma once

#include <functional>
#include <vector>

#include <reel/nn/models/kv_cache.h>
#include <reel/ops/factories.h>

namespace reel::nn::models {

/// How a token is chosen from logits. All limits hold at once: first the temperature, then `top_k`, then `top_p`.
struct SamplingOptions {
  double temperature = 1;  ///< Divides the logits; 0 takes the most probable token.
  std::int64_t top_k = 0;  ///< Only so many of the most probable tokens; 0: all.
  double top_p = 1;        ///< Only the most probable tokens that together reach this share (Holtzman et al. 2020).
};

/// A token drawn from logits [vocabulary]; of equally probable ones the first counts as more probable. A ValueError if
/// the logits hold NaN, or no finite one.
std::int64_t sample_token(const Tensor& logits, const SamplingOptions& options = {},
                          Generator& generator = default_generator());

/// Options of generate.
struct GenerateOptions {
  std::int64_t max_new_tokens = 20;               ///< At most so many tokens; fewer where the model's positions end.
  SamplingOptions sampling = {.temperature = 0};  ///< How each is chosen; the most probable, unless it is set.
  std::vector<std::int64_t> stop_tokens = {};     ///< Tokens that end the text; the one met is not part of it.
  /// Called with each token as it comes; false ends the text behind it.
  std::function<bool(std::int64_t token)> on_token = {};
};

namespace detail {
/// The loop of `generate`: `next` gives the logits [1, T, vocabulary] of tokens [1, T] that follow those before.
std::vector<std::int64_t> generate(const std::function<Tensor(const Tensor& ids)>& next, std::int64_t max_positions,
                                   const std::vector<std::int64_t>& prompt, Device device,
                                   const GenerateOptions& options, Generator& generator);
}  // namespace detail

/// The tokens with which a language model (GPT2, Llama: one with `forward(ids, cache)` and `max_positions()`) continues
/// the prompt, one token at a time through a cache. A ValueError for an empty prompt, or one that the model's positions
/// do not hold. Call it in evaluation, `net.eval()`.
///
///     std::vector<std::int64_t> more = nn::models::generate(net, tokenizer.encode("Once upon"));
template <class Model> std::vector<std::int64_t> generate(const Model& model, const std::vector<std::int64_t>& prompt,
                                                          const GenerateOptions& options = {},
                                                          Generator& generator = default_generator()) {
  KVCache cache;
  return detail::generate([&](const Tensor& ids) { return model(ids, cache); }, model.max_positions(), prompt,
                          model.parameters().front().device(), options, generator);
}

}  // namespace reel::nn::models
