#pragma once

#include <span>

#include <reel/tensor/tensor.h>

namespace reel {

/// Options of backward.
struct BackwardOptions {
  bool create_graph = false;  ///< Record the backward itself, for derivatives of higher order.
  bool retain_graph = false;  ///< Keep the saved tensors for another backward. Implied by create_graph.
};

/// Options of grad.
struct GradOptions {
  bool create_graph = false;  ///< Record the backward itself, for derivatives of higher order.
  bool retain_graph = false;  ///< Keep the saved tensors for another backward. Implied by create_graph.
  bool allow_unused = false;  ///< An input that the outputs do not depend on gets an undefined gradient, not an error.
  Tensors grad_outputs = {};  ///< The gradients of the outputs; empty: ones, for outputs of one element.
};

/// Adds the gradients of sum(outputs * grad_outputs) to the `grad` of every leaf that they depend on. If a formula
/// throws, no `grad` has changed.
void backward(const Tensors& outputs, const Tensors& grad_outputs = {}, BackwardOptions options = {});

/// The gradients of sum(outputs * grad_outputs) with respect to `inputs`, leaves or not; no `grad` is touched.
Tensors grad(const Tensors& outputs, const Tensors& inputs, const GradOptions& options = {});

/// Clears the gradients of leaves: undefined, or zeros in the memory that they have, off the tape.
void zero_grad(const Tensors& leaves, bool set_to_none = true);

}  // namespace reel
