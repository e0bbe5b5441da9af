#pragma once

#include <cstdint>

#include <reel/tensor/tensor.h>

namespace reel {

class Node;

/// A tensor that a node keeps for its backward, with the version of its contents at that time.
///
/// What is kept is never a tensor that could lead back to the saving node, or the reference would be a cycle: an output
/// is kept as an alias without its grad_fn (which is the saving node) that `unpack` puts back in its place on the tape,
/// a leaf as the alias that leads to its accumulator only (the leaf's own gradient may carry this graph). Aliases also
/// keep their storage when `set_data` gives the leaf another one.
class SavedTensor {
 public:
  SavedTensor() = default;
  explicit SavedTensor(const Tensor& tensor);

  /// Turns the saved tensor into output `output_nr` of the node that saves it, if it is `output`.
  void mark_if_output(const Tensor& output, std::int32_t output_nr);
  /// Called when forward is over: a leaf that others can see is kept as an alias.
  void seal();
  /// The tensor as it was saved; `saver` is the node that holds it. An AutogradError if it has been changed in place.
  Tensor unpack(Node& saver) const;
  /// Lets go of the tensor.
  void release() { tensor_ = Tensor(); }

 private:
  Tensor tensor_;
  std::uint32_t version_ = 0;
  std::int32_t output_nr_ = -1;  // -1: not an output of the saving node
};

}  // namespace reel
