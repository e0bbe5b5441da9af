// What the language models share.

#include <reel/nn/models/language_model.h>

#include <reel/ops/attention.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/option.h>

namespace reel::nn::models::detail {

Tensor split_heads(const Tensor& x, std::int64_t heads) {
  return transpose(reshape(x, {x.size(0), x.size(1), heads, x.size(2) / heads}), 1, 2);
}

Tensor merge_heads(const Tensor& x) { return flatten(transpose(x, 1, 2), 2); }

Tensor causal_attention(const Tensor& query, const Tensor& key, const Tensor& value, const Past& past,
                        double dropout_p) {
  AttentionOptions options{.dropout_p = dropout_p, .enable_gqa = key.size(1) != query.size(1)};
  if (!past.cache) {
    options.is_causal = true;
    return scaled_dot_product_attention(query, key, value, options);
  }
  const std::int64_t before = past.size(), count = query.size(2);
  const auto [keys, values] = past.cache->append(past.layer, key, value);
  if (before == 0) {
    options.is_causal = true;
  } else if (count > 1) {  // the causal mask of PyTorch's operation begins at the first key
    const Tensor from = arange(before, before + count, 1, {.dtype = DType::i64, .device = query.device()});
    const Tensor to = arange(before + count, {.dtype = DType::i64, .device = query.device()});
    options.attn_mask = unsqueeze(from, 1) >= to;
  }
  return scaled_dot_product_attention(query, keys, values, options);
}

void check_ids(std::string_view model, const Tensor& ids, std::int64_t past, std::int64_t most) {
  reel::detail::check_rank(model, "the token ids", ids, 2);
  check<DTypeError>(ids.dtype() == DType::i64 || ids.dtype() == DType::i32,
                    "{}: expected token ids of dtype i64 or i32, got {}", model, ids.dtype());
  check<ValueError>(past + ids.size(1) <= most,
                    "{}: expected at most {} positions, got {} tokens after {} in the cache; shorten the text", model,
                    most, ids.size(1), past);
}

void check_sizes(std::string_view model, std::initializer_list<std::pair<std::string_view, std::int64_t>> sizes,
                 std::int64_t width, std::int64_t heads) {
  for (const auto& [name, size] : sizes) reel::detail::check_at_least(model, name, size, 1);
  check<ValueError>(width % heads == 0, "{}: expected a width that its heads divide, got a width of {} and {} heads",
                    model, width, heads);
}

StateDict renamed(const Module& model, const StateDict& state, const std::string& prefix) {
  const StateDict own = model.state_dict();
  StateDict out;
  for (const auto& [name, tensor] : state) {
    const auto found = own.contains(name) ? own.find(name) : own.find(prefix + name);
    if (found == own.end()) {
      out.emplace(name, tensor);
    } else {
      const bool converts = tensor.defined() && is_floating(tensor.dtype());
      out.emplace(found->first, converts ? tensor.to(found->second.dtype()) : tensor);
    }
  }
  return out;
}

}  // namespace reel::nn::models::detail
