#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include <reel/tensor/tensor.h>

/// Sequences of different lengths in one tensor, padded or packed.
namespace reel::nn {

/// Sequences without padding, which recurrent layers take and return: step by step, and within a step the longest
/// sequences first.
struct PackedSequence {
  Tensor data;         ///< [rows, ...], the rows of all steps together.
  Tensor batch_sizes;  ///< How many sequences have each step: i64 [steps], on the CPU.
  /// The place in the batch of each sequence, in the order of their lengths, and the inverse: i64 [batch], on the
  /// device of the data. Undefined if the batch was in that order already.
  Tensor sorted_indices = {}, unsorted_indices = {};
};

/// Packs x [steps, batch, ...], or [batch, steps, ...] with `batch_first`, of which sequence b has lengths[b] steps.
/// With `enforce_sorted` a ValueError if the lengths increase. So are a length below 1 or above the number of steps,
/// and another number of lengths than of sequences.
PackedSequence pack_padded_sequence(const Tensor& x, const std::vector<std::int64_t>& lengths, bool batch_first = false,
                                    bool enforce_sorted = true);
/// The same with the lengths in a tensor, i64 [batch].
PackedSequence pack_padded_sequence(const Tensor& x, const Tensor& lengths, bool batch_first = false,
                                    bool enforce_sorted = true);

/// The inverse: [steps, batch, ...], or [batch, steps, ...] with `batch_first`, in the original order, and the lengths,
/// i64 on the CPU. What a sequence does not have is `padding_value`. There are as many steps as the longest sequence
/// has, or `total_length`; fewer are a ValueError.
std::tuple<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequence, bool batch_first = false,
                                               Scalar padding_value = 0,
                                               std::optional<std::int64_t> total_length = std::nullopt);

/// Sequences [steps, ...] side by side, padded to the steps of the longest: [steps, batch, ...], or [batch, steps, ...]
/// with `batch_first`. They agree in all other dimensions (ShapeError).
Tensor pad_sequence(const Tensors& sequences, bool batch_first = false, Scalar padding_value = 0);

/// Packs sequences [steps, ...]. With `enforce_sorted` a ValueError if their lengths increase.
PackedSequence pack_sequence(const Tensors& sequences, bool enforce_sorted = true);

/// The place where PyTorch has them.
namespace utils::rnn {
using nn::pack_padded_sequence;
using nn::pack_sequence;
using nn::PackedSequence;
using nn::pad_packed_sequence;
using nn::pad_sequence;
}  // namespace utils::rnn

}  // namespace reel::nn
