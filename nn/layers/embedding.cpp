// The embedding layer.

#include <reel/nn/layers/embedding.h>

#include <fmt/format.h>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/nn/init.h>
#include <reel/nn/text.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/embedding.h>
#include <reel/ops/normalization.h>

namespace reel::nn {
namespace {

Tensor make_table(std::int64_t num, std::int64_t dim) {
  check<ValueError>(num >= 0 && dim >= 0, "Embedding: expected sizes of at least 0, got {} vectors of {} elements", num,
                    dim);
  return empty({num, dim});
}

}  // namespace

Embedding::Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim, const EmbeddingOptions& options)
    : Embedding(make_table(num_embeddings, embedding_dim), options) {
  init::normal_(weight);
  if (options_.padding_idx) init::zeros_(no_grad([&] { return weight.select(0, *options_.padding_idx); }));
}

Embedding::Embedding(const Tensor& weight_, const EmbeddingOptions& options) : options_(options) {
  reel::detail::check_rank("Embedding", "the weight", weight_, 2);
  const std::int64_t rows = weight_.size(0);
  if (options.padding_idx) {
    options_.padding_idx = *options.padding_idx < 0 ? *options.padding_idx + rows : *options.padding_idx;
    check<IndexError>(*options_.padding_idx >= 0 && *options_.padding_idx < rows,
                      "Embedding: expected a padding_idx that counts one of {} rows, got {}", rows,
                      *options.padding_idx);
  }
  reel::detail::check_norm_limit("Embedding", options.max_norm, options.norm_type);
  weight = register_parameter("weight", weight_);
  const auto padding = options_.padding_idx ? fmt::format(", padding_idx={}", *options_.padding_idx) : "";
  set_extra_text(fmt::format("{}, {}", rows, weight.size(1)) + padding +
                 text::norm_limit(options.max_norm, options.norm_type, options.scale_grad_by_freq));
}

Tensor Embedding::forward(const Tensor& index) const { return embedding(index, weight, options_); }

}  // namespace reel::nn
