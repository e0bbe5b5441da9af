// One step of an LSTM.

#include <reel/ops/internal/lstm_cell.h>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/lstm.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/recurrent.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// [batch, hidden] for gates [batch, 4 hidden].
Shape unit_shape(const Tensor& gates) { return {gates.size(0), gates.size(1) / 4}; }

/// The gradient of LstmCell. The gates and the new c are inputs without a gradient of their own: backward
/// differentiates through them, as functions of the other inputs.
struct LstmCellGrad {
  static constexpr std::string_view name = "lstm_cell_grad";

  std::array<Tensor, 2> forward(Context& ctx, const Tensor& grad_h, const Tensor& grad_next, const Tensor& x_gates,
                                const Tensor& h_gates, const Tensor& c, const Tensor& gates, const Tensor& next) const {
    for (const Tensor& input : {grad_h, grad_next, x_gates, h_gates, c}) ctx.save(input);
    const Tensor grad_gates = empty(gates.shape(), gates.options()), grad_c = empty(next.shape(), next.options());
    const Tensor g_h = contiguous_if_defined(grad_h), g_next = contiguous_if_defined(grad_next),
                 old = contiguous_if_defined(c);
    kernels::lstm_cell_grad[next.device()]({.dtype = next.dtype(),
                                            .batch = next.size(0),
                                            .hidden = next.size(1),
                                            .grad_h = data_or_null(g_h),
                                            .more_grad_h = nullptr,
                                            .grad_next = data_or_null(g_next),
                                            .more_grad_next = nullptr,
                                            .gates = gates.data(),
                                            .c = data_or_null(old),
                                            .next = next.data(),
                                            .grad_gates = grad_gates.data(),
                                            .grad_c = grad_c.data()});
    return {grad_gates, grad_c};
  }

  /// Let i, f, g and o be the gates, c' the new c, s = tanh(c'), a and b the gradients of h and c', and
  /// e = b + a o (1 - s^2) the whole gradient of c'. Forward gives e g i', e c f', e i g', a s o' and e f, where i' is
  /// the derivative of a gate with respect to its sum. These are the gradients of the inner product of that with (u,
  /// v): `k` is the factor of e in it, `through_next` the gradient that reaches c' through s.
  Grads<7> backward(const Context& ctx, std::span<const Tensor> upstream) const {
    const Tensor x_gates = ctx.saved(2), h_gates = ctx.saved(3);
    const Tensors sums = chunk(h_gates.defined() ? x_gates + h_gates : x_gates, 4, 1);
    const auto or_zeros = [&](const Tensor& t) {
      return t.defined() ? t : zeros(unit_shape(x_gates), x_gates.options());
    };
    const Tensor a = or_zeros(ctx.saved(0)), b = or_zeros(ctx.saved(1)), c = or_zeros(ctx.saved(4));
    const Tensor i = sigmoid(sums[0]), f = sigmoid(sums[1]), g = tanh(sums[2]), o = sigmoid(sums[3]);
    const Tensor s = tanh(f * c + i * g), ds = 1 - square(s);
    const Tensor di = i * (1 - i), df = f * (1 - f), dg = 1 - square(g), d_o = o * (1 - o), e = b + a * o * ds;

    Tensor ui = or_zeros({}), uf = ui, ug = ui, uo = ui;
    if (upstream[0].defined()) {
      const Tensors u = chunk(upstream[0], 4, 1);
      ui = u[0], uf = u[1], ug = u[2], uo = u[3];
    }
    const Tensor v = or_zeros(upstream[1]);
    const Tensor k = ui * g * di + uf * c * df + ug * i * dg + v * f;
    const Tensor through_next = a * ds * (uo * d_o - 2 * k * o * s);
    const Tensor to_sums =
        cat({di * (e * (ui * g * (1 - 2 * i) + ug * dg) + through_next * g),
             df * (e * (uf * c * (1 - 2 * f) + v) + through_next * c),
             dg * (e * (ui * di - 2 * ug * i * g) + through_next * i), d_o * a * (k * ds + uo * s * (1 - 2 * o))},
            1);
    const Tensor to_c = e * uf * df + through_next * f;
    return {o * ds * k + s * uo * d_o, k, to_sums, to_sums, to_c, Tensor(), Tensor()};
  }
};

/// h and the new c from both parts of the sums of the gates and c.
struct LstmCell {
  static constexpr std::string_view name = "lstm_cell";

  std::array<Tensor, 2> forward(Context& ctx, const Tensor& x_gates, const Tensor& h_gates, const Tensor& c) const {
    const Tensor gates = empty(x_gates.shape(), x_gates.options());
    const Tensor next = empty(unit_shape(x_gates), x_gates.options()), h = empty_like(next);
    const Tensor x = x_gates.contiguous(), more = contiguous_if_defined(h_gates), old = contiguous_if_defined(c);
    kernels::lstm_cell[h.device()]({.dtype = h.dtype(),
                                    .batch = h.size(0),
                                    .hidden = h.size(1),
                                    .x_gates = x.data(),
                                    .h_gates = data_or_null(more),
                                    .c = data_or_null(old),
                                    .gates = gates.data(),
                                    .next = next.data(),
                                    .h = h.data()});
    for (const Tensor& t : {x_gates, h_gates, c, gates, next}) ctx.save(t);
    return {h, next};
  }
  Grads<3> backward(const Context& ctx, std::span<const Tensor> grads) const {
    const auto [grad_gates, grad_c] = lstm_step_grad(grads[0], grads[1], ctx.saved(0), ctx.saved(1), ctx.saved(2),
                                                     ctx.saved(3), ctx.saved(4).detach());
    return {grad_gates, grad_gates, grad_c};
  }
};

/// The state's part of the sums of the gates. Without a state it is nothing, but for the gradient of the weight, which
/// is zeros: that of a product with no columns.
Tensor state_gates(const Tensor& x, const Tensor& h, const Tensor& weight_hh) {
  if (h.defined()) return linear(h, weight_hh);
  if (!GradMode::enabled() || !weight_hh.requires_grad()) return {};
  return linear(zeros({x.size(0), 0}, x.options()), narrow(weight_hh, 1, 0, 0));
}

}  // namespace

std::tuple<Tensor, Tensor> detail::lstm_step_grad(const Tensor& grad_h, const Tensor& grad_next, const Tensor& x_gates,
                                                  const Tensor& h_gates, const Tensor& c, const Tensor& gates,
                                                  const Tensor& next) {
  auto [grad_gates, grad_c] = apply(LstmCellGrad{}, grad_h, grad_next, x_gates, h_gates, c, gates, next);
  return {std::move(grad_gates), std::move(grad_c)};
}

void detail::check_lstm(std::string_view op, const Tensor& x, const Tensor& h, const Tensor& c, const Tensor& weight_ih,
                        const Tensor& weight_hh, const Tensor& bias_ih, const Tensor& bias_hh) {
  check_defined(op, x);
  check_defined(op, weight_ih, "weight_ih");
  check_defined(op, weight_hh, "weight_hh");
  check_dtype(op, x, kFloating);
  for (const Tensor& t : {weight_ih, weight_hh, h, c, bias_ih, bias_hh}) {
    if (!t.defined()) continue;
    check_same_dtype(op, x, t);
    check_same_device(op, x, t);
  }
  check_rank(op, "weight_hh", weight_hh, 2);
  const std::int64_t hidden = weight_hh.size(1), rows = 4 * hidden;
  const auto check_shape = [&](std::string_view what, const Tensor& t, const Shape& shape) {
    check<ShapeError>(!t.defined() || t.shape() == shape, "{}: expected {} of shape {}, got {}", op, what, shape,
                      t.defined() ? t.shape() : Shape{});
  };
  check_shape("weight_hh", weight_hh, {rows, hidden});
  check_rank(op, "weight_ih", weight_ih, 2);
  check_shape("weight_ih", weight_ih, {rows, weight_ih.size(1)});
  check<ShapeError>(x.size(-1) == weight_ih.size(1),
                    "{}: expected input with {} features for weight_ih {}, got shape {}", op, weight_ih.size(1),
                    weight_ih.shape(), x.shape());
  check_shape("h", h, {x.size(-2), hidden});
  check_shape("c", c, {x.size(-2), hidden});
  check_shape("bias_ih", bias_ih, {rows});
  check_shape("bias_hh", bias_hh, {rows});
}

Tensor detail::lstm_input_gates(const Tensor& x, const Tensor& weight_ih, const Tensor& bias_ih,
                                const Tensor& bias_hh) {
  return linear(x, weight_ih,
                bias_ih.defined() && bias_hh.defined() ? bias_ih + bias_hh
                : bias_ih.defined()                    ? bias_ih
                                                       : bias_hh);
}

std::tuple<Tensor, Tensor> lstm_cell(const Tensor& x, const Tensor& h, const Tensor& c, const Tensor& weight_ih,
                                     const Tensor& weight_hh, const Tensor& bias_ih, const Tensor& bias_hh) {
  check_defined("lstm_cell", x);
  check<ShapeError>(x.dim() == 2, "lstm_cell: expected input [batch, in], got shape {}", x.shape());
  check_lstm("lstm_cell", x, h, c, weight_ih, weight_hh, bias_ih, bias_hh);
  auto [new_h, new_c] =
      apply(LstmCell{}, lstm_input_gates(x, weight_ih, bias_ih, bias_hh), state_gates(x, h, weight_hh), c);
  return {std::move(new_h), std::move(new_c)};
}

}  // namespace reel
