#pragma once

#include <cstdint>

#include <reel/tensor/tensor.h>

namespace reel {

/// A tensor that a node keeps for its backward, with the version of its storage at that time.
///
/// Saving an input keeps the tensor itself. Saving an output keeps an alias without the output's grad_fn, which is the
/// saving node: the reference would be a cycle. `unpack` gives the alias its place on the tape back.
class SavedTensor {
 public:
  SavedTensor() = default;
  explicit SavedTensor(const Tensor& tensor);

  /// Turns the saved tensor into output `output_nr` of the node that saves it, if it is `output`.
  void mark_if_output(const Tensor& output, std::int32_t output_nr);
  /// The tensor as it was saved; `saver` is the node that holds it. An AutogradError if it has been changed in place.
  Tensor unpack(Node& saver) const;

 private:
  Tensor tensor_;
  IntrusivePtr<Storage> storage_;  // a module's `to` may give the tensor another one meanwhile
  std::uint32_t version_ = 0;
  std::int32_t output_nr_ = -1;  // -1: not an output of the saving node
  DType dtype_ = DType::f32;
};

}  // namespace reel
