#pragma once

#include <concepts>
#include <span>

#include <reel/tensor/tensor.h>

namespace reel {

/// Options of backward, in PyTorch's argument order.
struct BackwardOptions {
  bool retain_graph = false;  ///< Keep the saved tensors for another backward. Implied by create_graph.
  bool create_graph = false;  ///< Record the backward itself, for derivatives of higher order.
};

/// Options of grad, in PyTorch's argument order.
struct GradOptions {
  Tensors grad_outputs = {};  ///< The gradients of the outputs; empty: ones, for outputs of one element.
  bool retain_graph = false;  ///< Keep the saved tensors for another backward. Implied by create_graph.
  bool create_graph = false;  ///< Record the backward itself, for derivatives of higher order.
  bool allow_unused = false;  ///< An input that the outputs do not depend on gets an undefined gradient, not an error.
};

/// Adds the gradients of sum(outputs * grad_outputs) to the `grad` of every leaf that they depend on. If a formula
/// throws, no `grad` has changed; to other threads either none has or all have. A graph, or a part of one, may be run
/// on several threads at once: of the passes that do not keep it, one runs, and the others get the AutogradError of a
/// second backward.
void backward(const Tensors& outputs, const Tensors& grad_outputs = {}, BackwardOptions options = {});
/// The same with the options by position.
inline void backward(const Tensors& outputs, const Tensors& grad_outputs, bool retain_graph,
                     bool create_graph = false) {
  backward(outputs, grad_outputs, {.retain_graph = retain_graph, .create_graph = create_graph});
}

/// The gradients of sum(outputs * grad_outputs) with respect to `inputs`, leaves or not; no `grad` is touched. Each
/// result has memory of its own, and no two elements of one share any.
Tensors grad(const Tensors& outputs, const Tensors& inputs, const GradOptions& options = {});
/// The same with the options by position: `grad({y}, {x}, {v}, true, true)`. (A template, so that of the two functions
/// `grad({y}, {x}, {})` means the one above.)
template <std::same_as<Tensors> T = Tensors> Tensors grad(const Tensors& outputs, const Tensors& inputs,
                                                          const T& grad_outputs, bool retain_graph = false,
                                                          bool create_graph = false, bool allow_unused = false) {
  return grad(outputs, inputs, GradOptions{grad_outputs, retain_graph, create_graph, allow_unused});
}

/// Clears the gradients of leaves: undefined, or zeros off the tape in the memory that they have (in other memory,
/// where that has gaps or elements share it). To other threads all leaves change at once; out of memory, one by one.
void zero_grad(const Tensors& leaves, bool set_to_none = true);

}  // namespace reel
