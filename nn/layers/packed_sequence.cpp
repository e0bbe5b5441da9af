// Sequences of different lengths, padded or packed.

#include <reel/nn/layers/packed_sequence.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>

namespace reel::nn {
namespace {

using Numbers = std::vector<std::int64_t>;

/// The rows of padded sequences, [steps * batch, ...] or [batch * steps, ...].
struct Padding {
  std::int64_t steps, batch;
  bool batch_first;

  std::int64_t row(std::int64_t step, std::int64_t sequence) const {
    return batch_first ? sequence * steps + step : step * batch + sequence;
  }
  /// The sizes of x [rows, ...] with steps and batch as two dimensions.
  Shape shape(const Tensor& x) const {
    Numbers sizes{batch_first ? batch : steps, batch_first ? steps : batch};
    for (int d = 1; d < x.dim(); ++d) sizes.push_back(x.size(d));
    return sizes;
  }
};

/// Where each packed row is among the padded ones: `order` has the sequences, the longest first.
Numbers rows_of(const Numbers& batch_sizes, const Numbers& order, const Padding& padding) {
  Numbers rows;
  for (std::size_t t = 0; t < batch_sizes.size(); ++t) {
    for (std::int64_t i = 0; i < batch_sizes[t]; ++i) {
      rows.push_back(padding.row(static_cast<std::int64_t>(t), order[static_cast<std::size_t>(i)]));
    }
  }
  return rows;
}

/// The rows of data where `rows` says, and `value` elsewhere.
Tensor padded(std::string_view op, const Tensor& data, const Numbers& rows, const Padding& padding, Scalar value) {
  reel::detail::check_scalar(op, value, data.dtype());
  const Shape shape = padding.shape(data);
  const Tensor empty_rows = flatten(full(shape, value, data.options()), 0, 1);
  return reshape(index_put(empty_rows, {tensor(rows).to(data.device())}, data), shape);
}

/// How many of the lengths exceed each step below the largest.
Numbers sizes_of(const Numbers& lengths) {
  Numbers sizes(static_cast<std::size_t>(*std::max_element(lengths.begin(), lengths.end())));
  for (const std::int64_t length : lengths) {
    for (std::int64_t t = 0; t < length; ++t) ++sizes[static_cast<std::size_t>(t)];
  }
  return sizes;
}

Numbers inverse(const Numbers& order) {
  Numbers out(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) out[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  return out;
}

Numbers first_numbers(std::size_t count) {
  Numbers out(count);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

void check_lengths(std::string_view op, const Numbers& lengths, const Padding& padding) {
  check<ValueError>(static_cast<std::int64_t>(lengths.size()) == padding.batch,
                    "{}: expected a length for each of the {} sequences, got {}", op, padding.batch, lengths.size());
  check<ValueError>(!lengths.empty(), "{}: expected a sequence or more, got none", op);
  for (const std::int64_t length : lengths) {
    check<ValueError>(length >= 1 && length <= padding.steps, "{}: expected lengths between 1 and {} steps, got {}", op,
                      padding.steps, length);
  }
}

}  // namespace

PackedSequence pack_padded_sequence(const Tensor& x, const Numbers& lengths, bool batch_first, bool enforce_sorted) {
  constexpr std::string_view op = "pack_padded_sequence";
  reel::detail::check_defined(op, x);
  check<ShapeError>(x.dim() >= 2, "{}: expected padded sequences of rank 2 or more, got shape {}", op, x.shape());
  const Padding padding{x.size(batch_first ? 1 : 0), x.size(batch_first ? 0 : 1), batch_first};
  check_lengths(op, lengths, padding);
  Numbers order = first_numbers(lengths.size());
  const auto length = [&](std::int64_t i) { return lengths[static_cast<std::size_t>(i)]; };
  check<ValueError>(!enforce_sorted || std::is_sorted(lengths.begin(), lengths.end(), std::greater<>()),
                    "{}: expected lengths that never increase; otherwise pass enforce_sorted = false", op);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return length(a) > length(b); });
  const Numbers sizes = sizes_of(lengths);
  PackedSequence out{index_select(flatten(x, 0, 1), 0, tensor(rows_of(sizes, order, padding)).to(x.device())),
                     tensor(sizes).to(Device::cpu())};
  if (!enforce_sorted) {
    out.sorted_indices = tensor(order).to(x.device());
    out.unsorted_indices = tensor(inverse(order)).to(x.device());
  }
  return out;
}

PackedSequence pack_padded_sequence(const Tensor& x, const Tensor& lengths, bool batch_first, bool enforce_sorted) {
  reel::detail::check_rank("pack_padded_sequence", "lengths", lengths, 1);
  return pack_padded_sequence(
      x, reel::detail::as_i64("pack_padded_sequence", "lengths", lengths).to_vector<std::int64_t>(), batch_first,
      enforce_sorted);
}

std::tuple<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequence, bool batch_first, Scalar padding_value,
                                               std::optional<std::int64_t> total_length) {
  constexpr std::string_view op = "pad_packed_sequence";
  reel::detail::check_defined(op, sequence.data, "the data");
  reel::detail::check_rank(op, "batch_sizes", sequence.batch_sizes, 1);
  const Numbers sizes = sequence.batch_sizes.to_vector<std::int64_t>();
  check<ValueError>(!sizes.empty() && sizes.back() > 0 &&
                        std::is_sorted(sizes.begin(), sizes.end(), std::greater<>()) && sequence.data.dim() > 0 &&
                        std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}) == sequence.data.size(0),
                    "{}: expected batch_sizes that never increase and the rows of them all, got {} steps and data {}",
                    op, sizes.size(), sequence.data.shape());
  const auto steps = static_cast<std::int64_t>(sizes.size()), batch = sizes.front();
  check<ValueError>(!total_length || *total_length >= steps,
                    "{}: expected a total_length of at least the longest sequence's {}, got {}", op, steps,
                    total_length.value_or(0));
  const Padding padding{total_length.value_or(steps), batch, batch_first};
  const Numbers order = sequence.sorted_indices.defined() ? sequence.sorted_indices.to_vector<std::int64_t>()
                                                          : first_numbers(static_cast<std::size_t>(batch));
  check<ValueError>(static_cast<std::int64_t>(order.size()) == batch, "{}: expected {} sorted_indices, got {}", op,
                    batch, order.size());
  for (const std::int64_t i : order) {
    check<IndexError>(i >= 0 && i < batch, "{}: expected sorted_indices from 0 to {}, got {}", op, batch - 1, i);
  }
  Numbers lengths(order.size());
  for (const std::int64_t size : sizes) {
    for (std::int64_t i = 0; i < size; ++i) ++lengths[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
  }
  return {padded(op, sequence.data, rows_of(sizes, order, padding), padding, padding_value),
          tensor(lengths).to(Device::cpu())};
}

Tensor pad_sequence(const Tensors& sequences, bool batch_first, Scalar padding_value) {
  constexpr std::string_view op = "pad_sequence";
  check<ValueError>(!sequences.empty(), "{}: expected a sequence or more, got none", op);
  std::int64_t steps = 0;
  for (const Tensor& sequence : sequences) {
    reel::detail::check_defined(op, sequence, "each sequence");
    check<ShapeError>(sequence.dim() > 0, "{}: expected sequences [steps, ...], got a scalar", op);
    steps = std::max(steps, sequence.size(0));
  }
  const auto batch = static_cast<std::int64_t>(sequences.size());
  const Padding padding{steps, batch, batch_first};
  Numbers rows;
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t t = 0; t < sequences[static_cast<std::size_t>(b)].size(0); ++t) rows.push_back(padding.row(t, b));
  }
  return padded(op, cat(sequences), rows, padding, padding_value);
}

PackedSequence pack_sequence(const Tensors& sequences, bool enforce_sorted) {
  const Tensor padded = pad_sequence(sequences);
  Numbers lengths;
  for (const Tensor& sequence : sequences) lengths.push_back(sequence.size(0));
  return pack_padded_sequence(padded, lengths, false, enforce_sorted);
}

}  // namespace reel::nn
