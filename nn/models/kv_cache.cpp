// The keys and values that a transformer keeps.

#include <reel/nn/models/kv_cache.h>

#include <algorithm>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>

namespace reel::nn::models {
namespace {

/// Memory for at least `needed` positions that begins with the first `size` of `old`. It doubles, so that n positions
/// cost n copies and not n^2.
Tensor grown(const Tensor& old, const Tensor& like, std::int64_t size, std::int64_t needed) {
  constexpr std::int64_t kLeast = 64;
  const std::int64_t capacity = std::max({kLeast, needed, old.defined() ? 2 * old.size(2) : 0});
  const Tensor out = empty({like.size(0), like.size(1), capacity, like.size(3)}, like.options());
  if (size > 0) narrow(out, 2, 0, size).copy_(narrow(old, 2, 0, size));
  return out;
}

/// All positions, the new ones included.
Tensor written(Tensor& buffer, const Tensor& fresh, std::int64_t size) {
  const std::int64_t count = fresh.size(2), needed = size + count;
  if (!buffer.defined() || buffer.size(2) < needed) buffer = grown(buffer, fresh, size, needed);
  narrow(buffer, 2, size, count).copy_(fresh);
  return narrow(buffer, 2, 0, needed);
}

}  // namespace

void KVCache::clear() {
  layers_.clear();
  size_ = 0;
}

std::pair<Tensor, Tensor> KVCache::append(std::int64_t layer, const Tensor& keys, const Tensor& values) {
  // A layer that is new to a cache with positions lacks them.
  const std::int64_t count = static_cast<std::int64_t>(layers_.size()), most = size_ == 0 ? count : count - 1;
  check<ValueError>(layer >= 0 && layer <= most, "KVCache: expected one of layers 0 to {}, got {}", most, layer);
  for (const Tensor& fresh : {keys, values}) {
    reel::detail::check_rank("KVCache", "what is appended", fresh, 4);
    check<ValueError>(!fresh.requires_grad(),
                      "KVCache: expected keys and values that take no part in a tape; call the model under a "
                      "NoGradGuard, or without a cache");
  }
  if (layer == count) layers_.emplace_back();
  Layer& held = layers_[static_cast<std::size_t>(layer)];
  const auto check_fits = [&](const Tensor& buffer, const Tensor& fresh) {
    if (size_ == 0 || !buffer.defined()) return;
    Shape expected = buffer.shape();
    expected[2] = fresh.size(2);
    check<ShapeError>(fresh.shape() == expected && fresh.dtype() == buffer.dtype() && fresh.device() == buffer.device(),
                      "KVCache: expected {} {} on {}, like the positions before, got {} {} on {}; clear() begins anew",
                      expected, buffer.dtype(), buffer.device(), fresh.shape(), fresh.dtype(), fresh.device());
  };
  check_fits(held.keys, keys);
  check_fits(held.values, values);
  const NoGradGuard no_grad;
  if (size_ == 0) held = {};  // what a forward that failed has left
  return {written(held.keys, keys, size_), written(held.values, values, size_)};
}

}  // namespace reel::nn::models
