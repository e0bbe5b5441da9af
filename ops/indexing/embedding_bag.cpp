// Sums, means and maxima of rows of a table.

#include <reel/ops/embedding_bag.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <vector>

#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/embedding.h>
#include <reel/ops/normalization.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

constexpr std::string_view kName = "embedding_bag";

/// Bags as rows: the positions in the table, the factors of the rows, and which of them count (undefined: all).
struct Bags {
  Tensor index, weights, counts;  // [bags, n]
};

/// Where each bag begins, and where the last one ends.
std::vector<std::int64_t> bounds(const Tensor& index, const EmbeddingBagOptions& options) {
  check<ValueError>(options.offsets.defined(), "{}: expected offsets for an index of shape {}, got none", kName,
                    index.shape());
  const Tensor offsets = as_i64(kName, "offsets", options.offsets);
  check_rank(kName, "the offsets", offsets, 1);
  if (!offsets.device().is_cpu()) check_same_device(kName, offsets, index);
  std::vector<std::int64_t> at = offsets.to_vector<std::int64_t>();
  if (!options.include_last_offset) at.push_back(index.numel());
  check<ShapeError>(!at.empty(), "{}: expected an offset at least, got none", kName);
  const bool begins = at.size() == 1 || at[0] == 0;
  check<ValueError>(begins && at.back() <= index.numel() && std::is_sorted(at.begin(), at.end()),
                    "{}: expected offsets that begin with 0 and do not fall up to {}, got {} to {}", kName,
                    index.numel(), at[0], at.back());
  return at;
}

/// The pieces of a vector of indices, brought to the length of the longest.
Bags cut(const Tensor& index, const EmbeddingBagOptions& options) {
  const std::vector<std::int64_t> at = bounds(index, options);
  const auto bags = static_cast<std::int64_t>(at.size()) - 1;
  std::int64_t longest = 0;
  for (std::size_t b = 0; b + 1 < at.size(); ++b) longest = std::max(longest, at[b + 1] - at[b]);
  std::vector<std::int64_t> places;  // -1 after a bag's own
  for (std::size_t b = 0; b + 1 < at.size(); ++b) {
    for (std::int64_t i = 0; i < longest; ++i) places.push_back(at[b] + i < at[b + 1] ? at[b] + i : -1);
  }
  const Tensor from = tensor(places, {bags, longest}).to(index.device());
  const auto take = [&](const Tensor& x) {
    return reshape(index_select(x, 0, reshape(clamp(from, 0), -1)), {bags, longest});
  };
  if (longest == 0) return {zeros({bags, 0}, {.dtype = DType::i64, .device = index.device()}), {}, {}};
  return {take(index), options.per_sample_weights.defined() ? take(options.per_sample_weights) : Tensor(), from >= 0};
}

void check_arguments(const Tensor& index, const Tensor& weight, const EmbeddingBagOptions& options) {
  check_defined(kName, index, "the index");
  check_defined(kName, weight, "the weight");
  check_dtype(kName, weight, kFloating);
  check_rank(kName, "the weight", weight, 2);
  check_same_device(kName, index, weight);
  check<ShapeError>(index.dim() == 1 || index.dim() == 2, "{}: expected an index of rank 1 or 2, got shape {}", kName,
                    index.shape());
  check<ValueError>(index.dim() == 1 || !options.offsets.defined(),
                    "{}: expected offsets with a vector of indices alone, got an index of shape {}", kName,
                    index.shape());
  check<ValueError>(options.mode != BagMode::max || !options.scale_grad_by_freq,
                    "{}: expected scale_grad_by_freq with the modes sum and mean alone", kName);
  const Tensor& factors = options.per_sample_weights;
  if (!factors.defined()) return;
  check<ValueError>(options.mode == BagMode::sum, "{}: expected per_sample_weights with the mode sum alone", kName);
  check<ShapeError>(factors.shape() == index.shape(), "{}: expected per_sample_weights of the index's shape {}, got {}",
                    kName, index.shape(), factors.shape());
  check_same_dtype(kName, weight, factors);
  check_same_device(kName, weight, factors);
}

}  // namespace

Tensor embedding_bag(const Tensor& index, const Tensor& weight, const EmbeddingBagOptions& options) {
  check_arguments(index, weight, options);
  const Tensor positions = as_i64(kName, "an index", index);
  Bags bags = index.dim() == 2 ? Bags{positions, options.per_sample_weights, {}} : cut(positions, options);
  if (options.padding_idx) {
    const std::int64_t rows = weight.size(0), given = *options.padding_idx, padding = given < 0 ? given + rows : given;
    check<IndexError>(padding >= 0 && padding < rows, "{}: padding_idx {} is out of range for {} rows", kName, given,
                      rows);
    const Tensor other = bags.index != padding;
    bags.counts = bags.counts.defined() ? bags.counts & other : other;
  }
  Tensor rows = embedding(  // [bags, n, dim]
      bags.index, weight,
      {.padding_idx = options.padding_idx, .max_norm = options.max_norm, .norm_type = options.norm_type});
  if (options.scale_grad_by_freq) rows = divide_gradients_by_count(rows, bags.index, positions, weight.size(0));
  if (bags.index.size(1) == 0) return sum(rows, 1);
  const auto without_others = [&](double value) {
    return bags.counts.defined() ? masked_fill(rows, unsqueeze(logical_not(bags.counts), 2), value) : rows;
  };
  if (options.mode == BagMode::max) {
    const Tensor largest = std::get<0>(max(without_others(-std::numeric_limits<double>::infinity()), 1));
    return bags.counts.defined() ? masked_fill(largest, logical_not(any(bags.counts, 1, true)), 0) : largest;
  }
  const Tensor own = without_others(0);
  const Tensor total = sum(bags.weights.defined() ? own * unsqueeze(bags.weights, 2) : own, 1);
  if (options.mode == BagMode::sum) return total;
  if (!bags.counts.defined()) return total / bags.index.size(1);
  return total / clamp(sum(bags.counts, 1, true), 1).to(total.dtype());
}

}  // namespace reel
