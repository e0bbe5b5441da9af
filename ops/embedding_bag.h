#pragma once

#include <cstdint>
#include <optional>

#include <reel/tensor/tensor.h>

/// Sums, means and maxima of rows of a table.
namespace reel {

/// What becomes of the rows of a bag.
enum class BagMode : std::uint8_t { sum, mean, max };

/// Options of embedding_bag.
struct EmbeddingBagOptions {
  Tensor offsets = {};                                     ///< [bags]: where in a vector of indices each bag begins.
  BagMode mode = BagMode::mean;                            ///< What becomes of the rows of a bag.
  Tensor per_sample_weights = {};                          ///< With sum: the factor of each row, of the index's shape.
  bool include_last_offset = false;                        ///< Whether the last offset is the end of the last bag.
  std::optional<std::int64_t> padding_idx = std::nullopt;  ///< A row that does not count; negative: from the end.
  std::optional<double> max_norm = std::nullopt;           ///< As in EmbeddingOptions.
  double norm_type = 2;                                    ///< The order of that norm, above 0.
  bool scale_grad_by_freq = false;                         ///< As in EmbeddingOptions; not with max.
};

/// The sum, mean or maximum of the rows of weight [num, dim] at each bag's positions (i64 or i32): the rows of an index
/// [bags, n], or pieces of a vector that begin at the offsets (i64 or i32, from 0 on, not falling). A bag without rows
/// gives zeros. Bags of different sizes take the memory of as many of the largest.
Tensor embedding_bag(const Tensor& index, const Tensor& weight, const EmbeddingBagOptions& options = {});

}  // namespace reel
