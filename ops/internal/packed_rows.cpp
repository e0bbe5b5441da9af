// The rows of sequences.

#include <reel/ops/internal/packed_rows.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include <fmt/format.h>

#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>

namespace reel::detail {
namespace {

/// A list of row ranges of two tensors, joined where one goes on where the last one ended.
class Ranges {
 public:
  void add(const Tensor& source, std::int64_t first, std::int64_t count) {
    if (count == 0) return;
    if (!list_.empty() && list_.back().source == &source && list_.back().first + list_.back().count == first) {
      list_.back().count += count;
    } else {
      list_.push_back({&source, first, count});
    }
  }
  /// The rows one after the other; those of `none`, which has none, if there are none.
  Tensor rows(const Tensor& none) const {
    Tensors parts;
    for (const auto& [source, first, count] : list_) parts.push_back(narrow(*source, 0, first, count));
    if (parts.empty()) return narrow(none, 0, 0, 0);
    return parts.size() == 1 ? parts[0] : cat(parts);
  }

 private:
  struct Range {
    const Tensor* source;
    std::int64_t first, count;
  };
  std::vector<Range> list_;
};

}  // namespace

PackedRows::PackedRows(std::string_view op, const Tensor& x, const SequenceOptions& options)
    : sizes_(options.batch_sizes), reverse_(options.reverse) {
  check_defined(op, x);
  if (sizes_.empty()) {
    check<ShapeError>(x.dim() == 3 && x.size(0) > 0,
                      "{}: expected input [steps, batch, in] with a step or more, got shape {}", op, x.shape());
    sizes_.assign(static_cast<std::size_t>(x.size(0)), x.size(1));
    rows_ = x.size(0) * x.size(1);
    return;
  }
  check<ShapeError>(sizes_.back() > 0 && std::is_sorted(sizes_.begin(), sizes_.end(), std::greater<>()),
                    "{}: expected batch_sizes of at least 1 that never increase, got {}", op, fmt::join(sizes_, ", "));
  rows_ = std::accumulate(sizes_.begin(), sizes_.end(), std::int64_t{0});
  check<ShapeError>(x.dim() == 2 && x.size(0) == rows_,
                    "{}: expected input [rows, in] with the {} rows of batch_sizes, got shape {}", op, rows_,
                    x.shape());
}

Tensors PackedRows::by_step(const Tensor& x) const { return x.defined() ? split(x, sizes_) : Tensors(sizes_.size()); }

Tensor PackedRows::states_before(const Tensor& first, const Tensor& states) const {
  Ranges ranges;
  std::int64_t row = 0;
  for (std::size_t t = 0; t < sizes_.size(); ++t) {
    const std::int64_t size = sizes_[t];
    if (reverse_) {
      const std::int64_t later = t + 1 < sizes_.size() ? sizes_[t + 1] : 0;
      ranges.add(states, row + size, later);
      ranges.add(first, later, size - later);
    } else if (t == 0) {
      ranges.add(first, 0, size);
    } else {
      ranges.add(states, row - sizes_[t - 1], size);
    }
    row += size;
  }
  return ranges.rows(states);
}

Tensor PackedRows::last_states(const Tensor& states) const {
  if (reverse_) return narrow(states, 0, 0, batch());
  Ranges ranges;  // the longest sequences come first, and they end last
  std::int64_t row = rows_, later = 0;
  for (std::size_t t = sizes_.size(); t-- > 0;) {
    row -= sizes_[t];
    ranges.add(states, row + later, sizes_[t] - later);
    later = sizes_[t];
  }
  return ranges.rows(states);
}

}  // namespace reel::detail
