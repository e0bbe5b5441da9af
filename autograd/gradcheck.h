#pragma once

#include <functional>

#include <reel/tensor/tensor.h>

namespace reel {

/// A function under test: tensors in, tensors out.
using TensorFunction = std::function<Tensors(const Tensors&)>;

/// Options of gradcheck and gradgradcheck.
struct GradcheckOptions {
  double eps = 1e-6;   ///< The step of the central differences.
  double atol = 1e-5;  ///< Allowed absolute difference,
  double rtol = 1e-3;  ///< plus this share of the numerical value.
};

/// Compares the gradients that the tape gives for `f` at `inputs` with central differences, for every floating input
/// that requires grad and every floating output. Returns true, or throws an AutogradError that says which derivative
/// differs and by how much. Inputs should be f64: f32 is too coarse for differences.
bool gradcheck(const TensorFunction& f, const Tensors& inputs, const GradcheckOptions& options = {});

/// The same for the gradients of the gradients: checks the function that maps inputs (and random output gradients) to
/// gradients.
bool gradgradcheck(const TensorFunction& f, const Tensors& inputs, const GradcheckOptions& options = {});

}  // namespace reel
