#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>

namespace reel::nn {

/// Options of RotaryEmbedding.
struct RotaryEmbeddingOptions {
  std::int64_t max_seq_len = 4096;  ///< How many positions there are.
  double base = 10000;              ///< Pair j of `dim / 2` turns by base^(-2 j / dim) from one position to the next.
  bool interleaved = false;         ///< Pairs of neighbours, as in GPT-J, instead of the two halves, as in Llama.
};

/// `rotary_embedding` of queries and keys [..., L, E] (Su et al. 2021) by their positions: the first `dim` elements of
/// each row are turned. The cosines and sines of all positions are buffers, which no state holds.
class RotaryEmbedding : public Layer<RotaryEmbedding> {
 public:
  RotaryEmbedding(NullPointer auto null) : Layer(null) {}
  /// `dim` is even and at most E.
  explicit RotaryEmbedding(std::int64_t dim, const RotaryEmbeddingOptions& options = {});
  template <class... Values>
  requires PositionalOptions<RotaryEmbeddingOptions, Values...> RotaryEmbedding(std::int64_t dim,
                                                                                const Values&... options)
      : RotaryEmbedding(dim, RotaryEmbeddingOptions{options...}) {}

  /// x [..., L, E] at the positions from `offset` on: in a decoder with a cache as many as it holds already.
  Tensor forward(const Tensor& x, std::int64_t offset = 0) const;
  /// x [N, ..., L, E] at positions (i64 or i32) [L], or [N, L] for each element of the first dimension.
  Tensor forward(const Tensor& x, const Tensor& positions) const;

  Tensor cos, sin;  ///< [max_seq_len, dim / 2].

 private:
  bool interleaved_ = false;
};

}  // namespace reel::nn
