#pragma once

#include <string_view>
#include <vector>

#include <reel/ops/recurrent.h>

/// The rows of sequences: those of a step after those of the one before, the longest sequences first in each.
namespace reel::detail {

class PackedRows {
 public:
  /// Of x [steps, batch, in], or of x [rows, in] and batch sizes. Throws a ShapeError unless they fit together.
  PackedRows(std::string_view op, const Tensor& x, const SequenceOptions& options);
  /// A step of a batch.
  explicit PackedRows(std::int64_t batch) : sizes_{batch}, rows_(batch) {}

  const std::vector<std::int64_t>& batch_sizes() const { return sizes_; }
  std::int64_t steps() const { return static_cast<std::int64_t>(sizes_.size()); }
  std::int64_t batch() const { return sizes_.front(); }
  std::int64_t rows() const { return rows_; }
  bool reverse() const { return reverse_; }
  /// Whether all sequences are equally long.
  bool uniform() const { return sizes_.front() == sizes_.back(); }

  /// Calls `f(step, size)` for the steps in the network's order, or with `backwards` in the opposite one.
  template <class F> void for_each_step(bool backwards, F&& f) const {
    const std::size_t count = sizes_.size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t step = reverse_ != backwards ? count - 1 - i : i;
      f(step, sizes_[step]);
    }
  }
  /// x [rows, n] cut into steps; undefined ones if x is.
  Tensors by_step(const Tensor& x) const;

  /// Of what all steps have left, [rows, n], and the first states [batch, n], what each row finds before its step.
  Tensor states_before(const Tensor& first, const Tensor& states) const;
  /// Of the same, what each sample finds after its last step, [batch, n].
  Tensor last_states(const Tensor& states) const;

 private:
  std::vector<std::int64_t> sizes_;
  std::int64_t rows_;
  bool reverse_ = false;
};

}  // namespace reel::detail
