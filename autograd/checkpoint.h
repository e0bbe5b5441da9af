#pragma once

#include <concepts>
#include <functional>

#include <reel/tensor/tensor.h>

namespace reel {

namespace detail {
Tensors checkpoint(std::function<Tensors(const Tensors&)> f, const Tensors& inputs);
}  // namespace detail

/// Computes f(inputs) and keeps for backward the inputs alone: what the operations of `f` save is freed at once, and
/// backward runs `f` again (Chen et al. 2016, "Training deep nets with sublinear memory cost"). A network of n such
/// parts needs the memory of one part and of what passes between them, and a third more time.
///
/// The values and gradients are those of f(inputs): random operations draw the same numbers again from the default
/// generator, whatever other threads draw, `autocast` is as it was, batch normalisation updates its running statistics
/// once. Gradients reach everything that `f` uses, the parameters of modules, too; `grad` and derivatives of higher
/// order work as ever. What `f` captures lives as long as the graph. Its hooks run in both runs, and a tensor within
/// that retains its gradient has it as soon as this part of the pass is done.
///
/// `f` must compute the same each time. So what it reads must be as it was when backward runs: for the inputs that is
/// checked. Generators other than the default one go on where they are. An AutogradError in backward if `f` then uses
/// other tensors, returns other shapes, or draws another number of random tensors; one at once if it draws any while a
/// step is recorded (cuda::Graph), for each replay would have other numbers in backward than in forward.
///
///     x = checkpoint(block, x);
///     Tensors y = checkpoint([&](const Tensors& in) { return Tensors{attend(in[0], in[1])}; }, Tensors{q, k});
template <std::same_as<Tensor> T, class F>
requires std::is_invocable_r_v<Tensor, F&, const Tensor&> Tensor checkpoint(F f, const T& x) {
  return detail::checkpoint([f = std::move(f)](const Tensors& in) mutable { return Tensors{f(in[0])}; }, {x})[0];
}
/// The same for a function of several tensors. (A template, so that the type of the input decides.)
template <std::same_as<Tensors> T, class F>
requires std::is_invocable_r_v<Tensors, F&, const Tensors&> Tensors checkpoint(F f, const T& inputs) {
  return detail::checkpoint(std::move(f), inputs);
}

/// Whether this thread is running the function of a `checkpoint` again: what counts its calls counts the first alone.
bool is_recomputing();

}  // namespace reel
