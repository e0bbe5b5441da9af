// The whole op table, and the inputs that its samples share.

#include "support/op_samples.h"

namespace reel::testing {

std::vector<OpRow> op_table() {
  std::vector<OpRow> table;
  add_arithmetic_rows(table);
  add_pointwise_rows(table);
  add_activation_rows(table);
  add_comparison_rows(table);
  add_reduction_rows(table);
  add_view_rows(table);
  add_indexing_rows(table);
  add_choosing_rows(table);
  add_selection_rows(table);
  add_sorted_rows(table);
  add_statistics_rows(table);
  add_running_rows(table);
  add_tensordot_rows(table);
  add_product_rows(table);
  add_linalg_rows(table);
  add_convolution_rows(table);
  add_pooling_rows(table);
  add_volume_rows(table);
  add_resampling_rows(table);
  add_normalization_rows(table);
  add_recurrent_rows(table);
  add_loss_rows(table);
  add_member_rows(table);
  add_regularization_rows(table);
  add_attention_rows(table);
  add_activation_variant_rows(table);
  add_distance_rows(table);
  add_special_rows(table);
  add_shift_rows(table);
  add_regression_loss_rows(table);
  add_margin_loss_rows(table);
  add_ctc_loss_rows(table);
  add_embedding_bag_rows(table);
  return table;
}

Tensor uniform(const Shape& shape, double low, double high, std::uint64_t seed) {
  Generator generator(seed);
  return rand(shape, {.dtype = DType::f64}, generator) * (high - low) + low;
}

Tensor leaf(const Shape& shape, double low, double high, std::uint64_t seed) {
  return uniform(shape, low, high, seed).requires_grad_();
}

Tensor leaf_at(const TensorLiteral& values) { return tensor(values, {.dtype = DType::f64}).requires_grad_(); }

Tensor distinct_leaf(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  const std::int64_t n = numel(shape);
  const Tensor order = randperm(n, generator).to(DType::f64);
  return ((order - n / 2) * 0.1).reshape(shape).clone().requires_grad_();
}

}  // namespace reel::testing
