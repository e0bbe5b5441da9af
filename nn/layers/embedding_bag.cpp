// The layer of bags of embeddings.

#include <reel/nn/layers/embedding_bag.h>

#include <fmt/format.h>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/nn/init.h>
#include <reel/nn/text.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/embedding.h>

namespace reel::nn {
namespace {

Tensor make_table(std::int64_t num, std::int64_t dim) {
  check<ValueError>(num >= 0 && dim >= 0, "EmbeddingBag: expected sizes of at least 0, got {} vectors of {} elements",
                    num, dim);
  return empty({num, dim});
}

std::string_view name_of(BagMode mode) { return mode == BagMode::sum ? "sum" : mode == BagMode::mean ? "mean" : "max"; }

}  // namespace

EmbeddingBag::EmbeddingBag(std::int64_t num_embeddings, std::int64_t embedding_dim, const EmbeddingBagOptions& options)
    : EmbeddingBag(make_table(num_embeddings, embedding_dim), options) {
  init::normal_(weight);
  if (options_.padding_idx) init::zeros_(no_grad([&] { return weight.select(0, *options_.padding_idx); }));
}

EmbeddingBag::EmbeddingBag(const Tensor& weight_, const EmbeddingBagOptions& options) : options_(options) {
  reel::detail::check_rank("EmbeddingBag", "the weight", weight_, 2);
  const std::int64_t rows = weight_.size(0);
  if (options.padding_idx) {
    options_.padding_idx = *options.padding_idx < 0 ? *options.padding_idx + rows : *options.padding_idx;
    check<IndexError>(*options_.padding_idx >= 0 && *options_.padding_idx < rows,
                      "EmbeddingBag: expected a padding_idx that counts one of {} rows, got {}", rows,
                      *options.padding_idx);
  }
  reel::detail::check_norm_limit("EmbeddingBag", options.max_norm, options.norm_type);
  check<ValueError>(options.mode != BagMode::max || !options.scale_grad_by_freq,
                    "EmbeddingBag: expected scale_grad_by_freq with the modes sum and mean alone");
  weight = register_parameter("weight", weight_);
  set_extra_text(fmt::format("{}, {}, mode='{}'", rows, weight.size(1), name_of(options.mode)) +
                 (options_.padding_idx ? fmt::format(", padding_idx={}", *options_.padding_idx) : "") +
                 text::norm_limit(options.max_norm, options.norm_type, options.scale_grad_by_freq));
}

Tensor EmbeddingBag::forward(const Tensor& index, const Tensor& offsets, const Tensor& per_sample_weights) const {
  return embedding_bag(index, weight,
                       {.offsets = offsets,
                        .mode = options_.mode,
                        .per_sample_weights = per_sample_weights,
                        .include_last_offset = options_.include_last_offset,
                        .padding_idx = options_.padding_idx,
                        .max_norm = options_.max_norm,
                        .norm_type = options_.norm_type,
                        .scale_grad_by_freq = options_.scale_grad_by_freq});
}

}  // namespace reel::nn
