// An LSTM over a whole sequence.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/lstm.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/factors.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/internal/lstm_cell.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/recurrent.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// The state before each step: the first state, then the results of all steps but the last.
Tensor states_before(const Tensor& first, const Tensor& states) {
  return cat({unsqueeze(first, 0), narrow(states, 0, 0, states.size(0) - 1)});
}

/// [steps, batch, n] as a matrix.
Tensor rows(const Tensor& x) { return reshape(x, {x.size(0) * x.size(1), x.size(2)}); }

/// All that follows the product with the input, as one operation. The state contributes to the gates by one product for
/// each step; the gradient of its weight is one product for all steps. x_gates [steps, batch, 4 hidden] and the first
/// state give h and c of all steps, [steps, batch, hidden].
struct Lstm {
  static constexpr std::string_view name = "lstm";

  std::array<Tensor, 2> forward(Context& ctx, const Tensor& x_gates, const Tensor& h0, const Tensor& c0,
                                const Tensor& weight) const {
    const std::int64_t steps = x_gates.size(0), batch = x_gates.size(1), hidden = weight.size(1);
    const TensorOptions options = x_gates.options();
    const Tensor sums = x_gates.contiguous(), factor = rounded_factor(weight.detach().contiguous());
    const Tensor first_h = contiguous_if_defined(h0), first_c = contiguous_if_defined(c0);
    const Tensor h = empty({steps, batch, hidden}, options), c = empty({steps, batch, hidden}, options);
    const bool kept = ctx.needs_grad(0) || ctx.needs_grad(1) || ctx.needs_grad(2) || ctx.needs_grad(3);
    const Tensor gates = empty({kept ? steps : 1, batch, 4 * hidden}, options);
    kernels::lstm_sequence[h.device()]({.dtype = h.dtype(),
                                        .factors = factor.dtype(),
                                        .steps = steps,
                                        .batch = batch,
                                        .hidden = hidden,
                                        .x_gates = sums.data(),
                                        .h0 = data_or_null(first_h),
                                        .c0 = data_or_null(first_c),
                                        .weight = factor.data(),
                                        .keeps_gates = kept,
                                        .gates = gates.data(),
                                        .c = c.data(),
                                        .h = h.data()});
    for (const Tensor& tensor : {x_gates, h0, c0, weight, gates, h, c}) ctx.save(tensor);
    return {h, c};
  }

  Grads<4> backward(const Context& ctx, std::span<const Tensor> grads) const {
    return GradMode::enabled() ? recorded_backward(ctx, grads) : fused_backward(ctx, grads);
  }

 private:
  static Grads<4> fused_backward(const Context& ctx, std::span<const Tensor> grads) {
    const Tensor h0 = ctx.saved(1), c0 = contiguous_if_defined(ctx.saved(2)),
                 factor = rounded_factor(ctx.saved(3).contiguous()), gates = ctx.saved(4);
    const Tensor h = ctx.saved(5), c = ctx.saved(6), grad_h = contiguous_if_defined(grads[0]),
                 grad_c = contiguous_if_defined(grads[1]);
    const Tensor grad_gates = empty_like(gates), grad_h0 = empty_like(h[0]), grad_c0 = empty_like(c[0]);
    kernels::lstm_sequence_grad[h.device()]({.dtype = h.dtype(),
                                             .factors = factor.dtype(),
                                             .steps = h.size(0),
                                             .batch = h.size(1),
                                             .hidden = h.size(2),
                                             .grad_h = data_or_null(grad_h),
                                             .grad_c = data_or_null(grad_c),
                                             .gates = gates.data(),
                                             .c0 = data_or_null(c0),
                                             .c = c.data(),
                                             .weight = factor.data(),
                                             .grad_gates = grad_gates.data(),
                                             .grad_c0 = grad_c0.data(),
                                             .grad_h0 = grad_h0.data(),
                                             .wants_h0 = ctx.needs_grad(1)});
    return {grad_gates, ctx.needs_grad(1) ? grad_h0 : Tensor(), grad_c0,
            ctx.needs_grad(3) ? weight_grad(grad_gates, h0, h) : Tensor()};
  }

  /// The same from recorded operations, for derivatives of higher order. h and c are outputs of this node, so gradients
  /// with respect to them come back to it.
  static Grads<4> recorded_backward(const Context& ctx, std::span<const Tensor> grads) {
    const Tensor h0 = ctx.saved(1), c0 = ctx.saved(2), weight = ctx.saved(3), h = ctx.saved(5), c = ctx.saved(6);
    const auto steps = static_cast<std::size_t>(h.size(0));
    const auto by_step = [steps](const Tensor& x) { return x.defined() ? unbind(x) : Tensors(steps); };
    const Tensors x_gates = by_step(ctx.saved(0)), gates = by_step(ctx.saved(4)), hs = by_step(h), cs = by_step(c);
    const Tensors constant_c = by_step(c.detach()), grad_h = by_step(grads[0]), grad_c = by_step(grads[1]);
    const auto plus = [](const Tensor& a, const Tensor& b) { return !a.defined() ? b : !b.defined() ? a : a + b; };
    Tensors grad_gates(steps);
    Tensor grad_last_h, grad_last_c;
    for (std::size_t t = steps; t-- > 0;) {
      const Tensor h_gates = t > 0 || h0.defined() ? linear(t > 0 ? hs[t - 1] : h0, weight) : Tensor();
      std::tie(grad_gates[t], grad_last_c) =
          lstm_step_grad(plus(grad_h[t], grad_last_h), plus(grad_c[t], grad_last_c), x_gates[t], h_gates,
                         t > 0 ? cs[t - 1] : c0, gates[t], constant_c[t]);
      grad_last_h = matmul(grad_gates[t], weight);
    }
    const Tensor all = stack(grad_gates);
    return {all, grad_last_h, grad_last_c, weight_grad(all, h0, h)};
  }

  /// One product for all steps.
  static Tensor weight_grad(const Tensor& grad_gates, const Tensor& h0, const Tensor& h) {
    const std::int64_t later = h.size(0) - 1;
    if (h0.defined()) return matmul(t(rows(grad_gates)), rows(states_before(h0, h)));
    return matmul(t(rows(narrow(grad_gates, 0, 1, later))), rows(narrow(h, 0, 0, later)));
  }
};

}  // namespace

std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& x, const Tensor& h0, const Tensor& c0, const Tensor& weight_ih,
                                        const Tensor& weight_hh, const Tensor& bias_ih, const Tensor& bias_hh) {
  check_defined("lstm", x);
  check<ShapeError>(x.dim() == 3 && x.size(0) > 0,
                    "lstm: expected input [steps, batch, in] with a step or more, got shape {}", x.shape());
  check_lstm("lstm", x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh);
  const auto [h, c] = apply(Lstm{}, lstm_input_gates(x, weight_ih, bias_ih, bias_hh), h0, c0, weight_hh);
  return {h, select(h, 0, -1), select(c, 0, -1)};
}

}  // namespace reel
