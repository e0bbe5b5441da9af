#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <reel/tensor/tensor.h>

namespace reel::nn::models {

/// The keys and values of the positions that a transformer has seen: each new token then costs one position instead of
/// all of them. A model that is called with a cache takes its tokens for those that follow the cache's positions, and
/// appends theirs.
///
///     const NoGradGuard no_grad;
///     nn::models::KVCache cache;
///     Tensor logits = net(prompt, cache);          // [N, T, words]
///     logits = net(next_token, cache);             // [N, 1, words]
///
/// Nothing in it takes part in a tape. Tensors that a model has been handed stay valid, whatever follows.
class KVCache {
 public:
  /// One without positions; it belongs to one sequence (or batch), and cannot be copied.
  KVCache() = default;
  KVCache(const KVCache&) = delete;
  KVCache& operator=(const KVCache&) = delete;
  KVCache(KVCache&&) = default;
  KVCache& operator=(KVCache&&) = default;
  ~KVCache() = default;

  /// How many positions there are.
  std::int64_t size() const { return size_; }
  /// Forgets all positions, so that another sequence can begin.
  void clear();

  /// For models: writes the keys and values of new positions, [N, heads, T, features], of a layer (counted from 0)
  /// behind the `size()` that there are, and returns all of the layer, [N, heads, size() + T, features]. A ShapeError
  /// if they differ from what the layer holds in more than T; a ValueError if they require grad.
  std::pair<Tensor, Tensor> append(std::int64_t layer, const Tensor& keys, const Tensor& values);
  /// For models: makes `count` positions, which every layer has appended, part of the cache. A forward that fails
  /// before it gets here has changed nothing.
  void advance(std::int64_t count) { size_ += count; }

 private:
  struct Layer {
    Tensor keys, values;  // [N, heads, capacity, features]
  };

  std::vector<Layer> layers_;
  std::int64_t size_ = 0;
};

}  // namespace reel::nn::models
