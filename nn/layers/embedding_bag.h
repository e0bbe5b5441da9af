#pragma once

#include <optional>

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>
#include <reel/ops/embedding_bag.h>

namespace reel::nn {

/// Options of EmbeddingBag.
struct EmbeddingBagOptions {
  BagMode mode = BagMode::mean;                            ///< What becomes of the rows of a bag.
  bool include_last_offset = false;                        ///< Whether the last offset is the end of the last bag.
  std::optional<std::int64_t> padding_idx = std::nullopt;  ///< A row that is zero and does not count; may be negative.
  std::optional<double> max_norm = std::nullopt;           ///< As in `embedding`: longer rows are shortened in place.
  double norm_type = 2;                                    ///< The order of that norm, above 0.
  bool scale_grad_by_freq = false;                         ///< As in `embedding`; not with max.
};

/// `embedding_bag` of a table of vectors with weight [num, dim], which starts as N(0, 1).
class EmbeddingBag : public Layer<EmbeddingBag> {
 public:
  EmbeddingBag(NullPointer auto null) : Layer(null) {}
  /// A table of its own.
  EmbeddingBag(std::int64_t num_embeddings, std::int64_t embedding_dim, const EmbeddingBagOptions& options = {});
  template <class... Values>
  requires PositionalOptions<EmbeddingBagOptions, Values...> EmbeddingBag(std::int64_t num_embeddings,
                                                                          std::int64_t embedding_dim,
                                                                          const Values&... options)
      : EmbeddingBag(num_embeddings, embedding_dim, EmbeddingBagOptions{options...}) {}
  /// A layer that shares this table with whatever else uses it: weight tying.
  explicit EmbeddingBag(const Tensor& weight, const EmbeddingBagOptions& options = {});

  /// The rows of an index [bags, n], or of a vector of indices whose bags begin at the offsets -> [bags, dim].
  Tensor forward(const Tensor& index, const Tensor& offsets = {}, const Tensor& per_sample_weights = {}) const;

  Tensor weight;  ///< [num, dim].

 private:
  EmbeddingBagOptions options_;
};

}  // namespace reel::nn
