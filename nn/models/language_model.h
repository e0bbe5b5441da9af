#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <reel/nn/models/kv_cache.h>
#include <reel/nn/module.h>

/// What the language models share.
namespace reel::nn::models::detail {

/// [N, T, heads * features] -> [N, heads, T, features], a view.
Tensor split_heads(const Tensor& x, std::int64_t heads);
/// [N, heads, T, features] -> [N, T, heads * features].
Tensor merge_heads(const Tensor& x);

/// The keys and values of earlier positions for one layer: of a cache, or none.
struct Past {
  KVCache* cache = nullptr;  // may be null
  std::int64_t layer = 0;

  std::int64_t size() const { return cache ? cache->size() : 0; }
};

/// Attention of each position to itself and those before it, the past ones included: query [N, heads, T, features]; key
/// and value of the same positions may have fewer heads, which then serve several heads of the query each.
Tensor causal_attention(const Tensor& query, const Tensor& key, const Tensor& value, const Past& past,
                        double dropout_p = 0);

/// Checks token ids [N, T] (i64 or i32), and that they fit behind `past` of at most `most` positions.
void check_ids(std::string_view model, const Tensor& ids, std::int64_t past, std::int64_t most);

/// Checks the sizes of a model: all at least 1, and that the heads divide the width.
void check_sizes(std::string_view model, std::initializer_list<std::pair<std::string_view, std::int64_t>> sizes,
                 std::int64_t width, std::int64_t heads);

/// `state` under the model's own names: those that lack `prefix` get it, unknown ones stay, for the error that follows.
/// Floating tensors are converted to the model's dtypes.
StateDict renamed(const Module& model, const StateDict& state, const std::string& prefix);

}  // namespace reel::nn::models::detail
