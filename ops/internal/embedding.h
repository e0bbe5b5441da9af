#pragma once

#include <optional>
#include <string_view>

#include <reel/tensor/core/option.h>
#include <reel/tensor/tensor.h>

/// What the options of embeddings do besides looking rows up.
namespace reel::detail {

/// Throws a ValueError for limits that make no sense.
inline void check_norm_limit(std::string_view op, std::optional<double> max_norm, double norm_type) {
  if (max_norm) check_option(op, "max_norm", *max_norm, kFiniteAtLeastZero);
  check_option(op, "norm_type", norm_type, {0, kInfinite, true, false});
}

/// Shortens, in place and off the tape, the rows of a table at these positions whose norm is above `max_norm`.
void limit_norms(const Tensor& weight, const Tensor& positions, double max_norm, double norm_type);

/// `rows`, which were looked up at `positions` [...], with their gradients divided by how often `index` has each of the
/// positions in a table of `size` rows.
Tensor divide_gradients_by_count(const Tensor& rows, const Tensor& positions, const Tensor& index, std::int64_t size);

}  // namespace reel::detail
