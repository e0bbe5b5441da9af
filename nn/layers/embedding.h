#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>
#include <reel/ops/normalization.h>

namespace reel::nn {

/// Options of Embedding: those of `embedding`. The padding row of a table of its own is zero.
using EmbeddingOptions = reel::EmbeddingOptions;

/// A table of vectors: `embedding` with weight [num, dim], which starts as N(0, 1).
class Embedding : public Layer<Embedding> {
 public:
  Embedding(NullPointer auto null) : Layer(null) {}
  /// A table of its own.
  Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim, const EmbeddingOptions& options = {});
  template <class... Values>
  requires PositionalOptions<EmbeddingOptions, Values...> Embedding(std::int64_t num_embeddings,
                                                                    std::int64_t embedding_dim,
                                                                    const Values&... options)
      : Embedding(num_embeddings, embedding_dim, EmbeddingOptions{options...}) {}
  /// A layer that shares this table with whatever else uses it: weight tying.
  explicit Embedding(const Tensor& weight, const EmbeddingOptions& options = {});

  /// index (i64 or i32) [...] -> [..., dim].
  Tensor forward(const Tensor& index) const;

  Tensor weight;  ///< [num, dim].

 private:
  EmbeddingOptions options_;  // whose padding_idx is not negative
};

}  // namespace reel::nn
