// ONNX's attention and rotary embeddings.

#include <cmath>
#include <limits>

#include <reel/ops/ops.h>

#include "support/onnx.h"

namespace reel::testing::onnx {
namespace {

constexpr double kExcluded = -std::numeric_limits<double>::infinity();

/// [batch, steps, heads * size] as [batch, heads, steps, size].
Tensor with_heads(const Tensor& x, std::int64_t heads) {
  return x.dim() == 4 ? x : x.reshape({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
}

/// A mask may be shorter than the keys: those beyond it are excluded.
Tensor given_mask(const Tensor& mask, std::int64_t keys) {
  if (!mask.defined() || mask.size(-1) == keys) return mask;
  const std::vector<std::int64_t> beyond{0, keys - mask.size(-1)};
  if (mask.dtype() != DType::boolean) return pad(mask, beyond, PadMode::constant, kExcluded);
  return pad(mask, beyond, PadMode::constant, false);
}

/// Which keys the positions allow: those not after a query, within its window, and no padding. Queries stand at the end
/// of what a cache holds. Undefined if all are allowed.
Tensor allowed(const Call& call, std::int64_t queries, std::int64_t keys, std::int64_t past) {
  const Tensor& lengths = call[6];
  const std::int64_t left = call.integer("left_window_size", -1), right = call.integer("right_window_size", -1);
  const bool causal = call.integer("is_causal", 0);
  const Tensor key = arange(keys);
  const Tensor ends = lengths.defined() ? lengths.reshape({-1, 1, 1, 1}) : Tensor();
  Tensor query = arange(queries).unsqueeze(1) + past;
  if (lengths.defined()) query = query + (ends - queries);
  Tensor result;
  const auto require = [&](const Tensor& condition) { result = result.defined() ? result & condition : condition; };
  if (causal) require(key <= query);
  if (left >= 0) require(key >= query - left);
  if (right >= 0) require(key <= query + right);
  if (lengths.defined()) require(key < ends);
  return result;
}

Tensor combined(const Tensor& mask, const Tensor& positions) {
  if (!positions.defined() || !mask.defined()) return mask.defined() ? mask : positions;
  if (mask.dtype() == DType::boolean) return mask & positions;
  return mask + where(positions, 0.0, kExcluded).to(mask.dtype());
}

/// What the softmax is computed of, in one of its stages, or its result: what `scaled_dot_product_attention` never has
/// in memory, from the operations that it stands for.
Tensor products(const Call& call, const Tensor& query, const Tensor& key, const Tensor& mask) {
  const Tensor keys = repeat_interleave(key, query.size(1) / key.size(1), 1);
  const double scale = call.number("scale", 1 / std::sqrt(static_cast<double>(query.size(-1))));
  const Tensor plain = scale * matmul(query, keys.transpose(-2, -1));
  const std::int64_t mode = call.integer("qk_matmul_output_mode", 0);
  if (mode < 2) return plain;
  const bool boolean = mask.defined() && mask.dtype() == DType::boolean;
  const Tensor masked = !mask.defined() ? plain : boolean ? where(mask, plain, kExcluded) : plain + mask;
  if (mode == 2) return masked;
  return where(isneginf(amax(masked, {-1}, true)), 0, softmax(masked, -1));
}

/// Also keys and values with those of the cache before them.
Tensors attention(const Call& call) {
  if (call.number("softcap", 0) > 0) throw LeftOut("softcap of attention");
  const std::int64_t heads = call.integer("q_num_heads", 0), kv_heads = call.integer("kv_num_heads", heads);
  const Tensor query = with_heads(call[0], heads);
  Tensor key = with_heads(call[1], kv_heads), value = with_heads(call[2], kv_heads);
  const std::int64_t past = call[4].defined() ? call[4].size(2) : 0;
  if (past) key = cat({call[4], key}, 2), value = cat({call[5], value}, 2);
  AttentionOptions options{.enable_gqa = query.size(1) != key.size(1)};
  if (call.has("scale")) options.scale = call.number("scale", 1);
  const bool plain = call.integer("is_causal", 0) && !call[3].defined() && !call[6].defined() && !past &&
                     !call.has("left_window_size") && !call.has("right_window_size");
  const Tensor mask = combined(given_mask(call[3], key.size(2)), allowed(call, query.size(2), key.size(2), past));
  options.is_causal = plain;
  if (!plain) options.attn_mask = mask;
  Tensor y = scaled_dot_product_attention(query, key, value, options);
  if (call[0].dim() == 3) y = y.transpose(1, 2).reshape({y.size(0), y.size(2), -1});
  Tensors results{y, key, value};
  if (call.outputs > 3) results.push_back(products(call, query, key, mask));
  return results;
}

Tensor rotated(const Call& call) {
  const Tensor x = with_heads(call[0], call.integer("num_heads", 0));
  const std::int64_t turned = call.integer("rotary_embedding_dim", 0);
  if (turned && turned != 2 * call[1].size(-1)) throw LeftOut("angles for more elements than are turned");
  const auto angles = [&](const Tensor& cache) { return call[3].defined() ? index(cache, {call[3]}) : cache; };
  const Tensor y = rotary_embedding(x, angles(call[1]), angles(call[2]), call.integer("interleaved", 0));
  return call[0].dim() == 3 ? y.transpose(1, 2).reshape(call[0].shape()) : y;
}

}  // namespace

void add_attention(Operators& table) {
  table["Attention"] = attention;
  table["FlexAttention"] = attention;
  add(table, {{"RotaryEmbedding", rotated}});
}

}  // namespace reel::testing::onnx
