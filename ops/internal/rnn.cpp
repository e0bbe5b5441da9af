// Recurrent networks over sequences as one operation.

#include <reel/ops/internal/rnn.h>

#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/factors.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel::detail {
namespace {

/// How many of its values a kind has, as `kernels/functors/rnn_cells.h` says.
struct Widths {
  std::int64_t gates, kept;
  bool has_c, splits_sums;
};
Widths widths(RnnKind kind) {
  return kernels::with_cell(kind, []<class Cell>() {
    return Widths{Cell::gates, Cell::saved, Cell::has_c, Cell::splits_sums};
  });
}

/// What `forward` saves, in this order.
enum Saved { kX, kH0, kC0, kWeight, kBias, kKept, kH, kC };

/// The derivatives of all steps, with which the backward is linear. Let a be the gradient of h', and for an LSTM e that
/// of c' together with a times `h_by_c`. Each gate's sum gets a, but those of an LSTM e, e, e and a,
struct Slopes {
  Tensor by_sums;        // times this,
  Tensor by_x = {};      // or this for the input's part, where the kind splits the sums;
  Tensor by_state = {};  // h gets a, or c gets e, times this beside the sums
  Tensor h_by_c = {};
};

Tensor sigmoid_slope(const Tensor& y) { return y * (1 - y); }
Tensor tanh_slope(const Tensor& y) { return 1 - square(y); }

/// Of an LSTM; the formulas are those of `kernels/functors/rnn_cells.h`.
Slopes lstm_slopes(const Tensor& sums, const Tensor& c) {
  const Tensors gates = chunk(sums, 4, 1);
  const Tensor i = sigmoid(gates[0]), f = sigmoid(gates[1]), g = tanh(gates[2]), o = sigmoid(gates[3]);
  const Tensor tanh_c = tanh(f * c + i * g);
  const Tensor by_sums =
      cat({g * sigmoid_slope(i), c * sigmoid_slope(f), i * tanh_slope(g), tanh_c * sigmoid_slope(o)}, 1);
  return {by_sums, {}, f, o * tanh_slope(tanh_c)};
}

Slopes gru_slopes(const Tensor& x, const Tensor& s, const Tensor& h) {
  const Tensors of_x = chunk(x, 3, 1), of_s = chunk(s, 3, 1);
  const Tensor r = sigmoid(of_x[0] + of_s[0]), z = sigmoid(of_x[1] + of_s[1]), n = tanh(of_x[2] + r * of_s[2]);
  const Tensor by_n = (1 - z) * tanh_slope(n), by_r = by_n * of_s[2] * sigmoid_slope(r),
               by_z = (h - n) * sigmoid_slope(z);
  return {cat({by_r, by_z, by_n * r}, 1), cat({by_r, by_z, by_n}, 1), z};
}

/// 0 where relu's result is 0, else 1, also where it is NaN.
Tensor relu_slope(const Tensor& y) { return 1 - (y <= 0).to(y.dtype()); }

}  // namespace

Tensor first_rows(const Tensor& carried, std::int64_t count) {
  return count == carried.size(0) ? carried : narrow(carried, 0, 0, count);
}

Tensor replace_first(const Tensor& carried, const Tensor& first) {
  const std::int64_t count = first.size(0), all = carried.size(0);
  return count == all ? first : cat({first, narrow(carried, 0, count, all - count)});
}

std::array<Tensor, 2> RnnSequence::forward(Context& ctx, const Tensor& x, const Tensor& h0, const Tensor& c0,
                                           const Tensor& weight, const Tensor& bias) const {
  const auto [gates, kept_values, has_c, splits_sums] = widths(kind_);
  const std::int64_t hidden = x.size(1) / gates;
  const TensorOptions options = x.options();
  const Tensor sums = x.contiguous(), factor = rounded_factor(contiguous_if_defined(weight));
  const Tensor first_h = contiguous_if_defined(h0), first_c = contiguous_if_defined(c0),
               more = contiguous_if_defined(bias);
  const Tensor h = empty({rows_.rows(), hidden}, options),
               c = has_c ? empty({rows_.rows(), hidden}, options) : Tensor();
  bool keeps = false;
  for (std::size_t i = 0; i < 5; ++i) keeps = keeps || ctx.needs_grad(i);
  const Tensor kept = empty({keeps ? rows_.rows() : rows_.batch(), kept_values * hidden}, options);
  kernels::rnn[h.device()]({.kind = kind_,
                            .dtype = h.dtype(),
                            .factors = factor.defined() ? factor.dtype() : h.dtype(),
                            .steps = {rows_.batch_sizes().data(), rows_.steps(), rows_.reverse()},
                            .batch = rows_.batch(),
                            .hidden = hidden,
                            .x = sums.data(),
                            .weight = data_or_null(factor),
                            .bias = data_or_null(more),
                            .h0 = data_or_null(first_h),
                            .c0 = data_or_null(first_c),
                            .keeps = keeps,
                            .kept = kept.data(),
                            .h = h.data(),
                            .c = has_c ? c.data() : nullptr});
  const bool from_output = kept_values == 0;  // then the slopes do not depend on x
  for (const Tensor& t : {from_output ? Tensor() : x, h0, c0, weight, bias, kept, h, c}) ctx.save(t);
  return {h, c};
}

Grads<5> RnnSequence::backward(const Context& ctx, const Tensor& grad_h, const Tensor& grad_c) const {
  return GradMode::enabled() ? recorded_backward(ctx, grad_h, grad_c) : fused_backward(ctx, grad_h, grad_c);
}

Grads<5> RnnSequence::fused_backward(const Context& ctx, const Tensor& grad_h, const Tensor& grad_c) const {
  const auto [gates, kept_values, has_c, splits_sums] = widths(kind_);
  const Tensor h0 = contiguous_if_defined(ctx.saved(kH0)), c0 = contiguous_if_defined(ctx.saved(kC0)),
               factor = rounded_factor(contiguous_if_defined(ctx.saved(kWeight)));
  const Tensor kept = ctx.saved(kKept), h = ctx.saved(kH), c = ctx.saved(kC), g_h = contiguous_if_defined(grad_h),
               g_c = contiguous_if_defined(grad_c);
  const std::int64_t hidden = h.size(1);
  const Tensor grad_x = empty({rows_.rows(), gates * hidden}, h.options()),
               grad_s = splits_sums ? empty_like(grad_x) : grad_x;
  const Tensor grad_h0 = zeros({rows_.batch(), hidden}, h.options()), grad_c0 = has_c ? zeros_like(grad_h0) : Tensor();
  kernels::rnn_grad[h.device()]({.kind = kind_,
                                 .dtype = h.dtype(),
                                 .factors = factor.defined() ? factor.dtype() : h.dtype(),
                                 .steps = {rows_.batch_sizes().data(), rows_.steps(), rows_.reverse()},
                                 .batch = rows_.batch(),
                                 .hidden = hidden,
                                 .grad_h = data_or_null(g_h),
                                 .grad_c = data_or_null(g_c),
                                 .weight = data_or_null(factor),
                                 .h0 = data_or_null(h0),
                                 .c0 = data_or_null(c0),
                                 .kept = kept.data(),
                                 .h = h.data(),
                                 .c = data_or_null(c),
                                 .grad_x = grad_x.data(),
                                 .grad_s = grad_s.data(),
                                 .grad_h0 = grad_h0.data(),
                                 .grad_c0 = has_c ? grad_c0.data() : nullptr,
                                 .wants_h0 = ctx.needs_grad(1)});
  return {grad_x, ctx.needs_grad(1) ? grad_h0 : Tensor(), ctx.needs_grad(2) ? grad_c0 : Tensor(),
          ctx.needs_grad(3) ? weight_grad(grad_s, ctx.saved(kH0), h) : Tensor(),
          ctx.needs_grad(4) ? sum(grad_s, {0}) : Tensor()};
}

/// The same from recorded operations, for derivatives of higher order. h and c are outputs of this node, so gradients
/// with respect to them come back to it.
Grads<5> RnnSequence::recorded_backward(const Context& ctx, const Tensor& grad_h, const Tensor& grad_c) const {
  const Tensor x = ctx.saved(kX), h0 = ctx.saved(kH0), c0 = ctx.saved(kC0), weight = ctx.saved(kWeight),
               bias = ctx.saved(kBias), h = ctx.saved(kH), c = ctx.saved(kC);
  const Tensor none = zeros({rows_.batch(), h.size(1)}, h.options());
  const Tensor former_h = rows_.states_before(h0.defined() ? h0 : none, h);
  const auto sums = [&] { return weight.defined() ? linear(former_h, weight, bias) : zeros_like(x); };
  Slopes slopes;
  switch (kind_) {
    case RnnKind::lstm:
      slopes = lstm_slopes(x + sums(), rows_.states_before(c0.defined() ? c0 : none, c));
      break;
    case RnnKind::gru:
      slopes = gru_slopes(x, sums(), former_h);
      break;
    case RnnKind::tanh:
      slopes = {tanh_slope(h)};
      break;
    case RnnKind::relu:
      slopes = {relu_slope(h)};
      break;
  }
  const Tensors grads_h = rows_.by_step(grad_h), grads_c = rows_.by_step(grad_c),
                by_sums = rows_.by_step(slopes.by_sums), by_x = rows_.by_step(slopes.by_x),
                by_state = rows_.by_step(slopes.by_state), h_by_c = rows_.by_step(slopes.h_by_c);
  Tensors grads_x(grads_h.size()), grads_s(grads_h.size());
  Tensor carried_h = none, carried_c = none;
  rows_.for_each_step(true, [&](std::size_t t, std::int64_t size) {
    const auto arriving = [&](const Tensor& carried, const Tensor& grad) {
      const Tensor first = first_rows(carried, size);
      return grad.defined() ? first + grad : first;
    };
    const Tensor a = arriving(carried_h, grads_h[t]);
    Tensor of_gates = a, to_h;
    if (kind_ == RnnKind::lstm) {
      const Tensor e = arriving(carried_c, grads_c[t]) + a * h_by_c[t];
      of_gates = cat({e, e, e, a}, 1);
      carried_c = replace_first(carried_c, e * by_state[t]);
    } else if (kind_ == RnnKind::gru) {
      of_gates = cat({a, a, a}, 1);
      to_h = a * by_state[t];
    }
    grads_s[t] = of_gates * by_sums[t];
    if (by_x[t].defined()) grads_x[t] = of_gates * by_x[t];
    if (!weight.defined()) return;
    const Tensor through_sums = matmul(grads_s[t], weight);
    carried_h = replace_first(carried_h, to_h.defined() ? to_h + through_sums : through_sums);
  });
  const Tensor grad_s = cat(grads_s), grad_x = slopes.by_x.defined() ? cat(grads_x) : grad_s;
  return {grad_x, h0.defined() ? carried_h : Tensor(), c0.defined() ? carried_c : Tensor(),
          weight.defined() ? weight_grad(grad_s, h0, h) : Tensor(), bias.defined() ? sum(grad_s, {0}) : Tensor()};
}

/// One product for all steps.
Tensor RnnSequence::weight_grad(const Tensor& grad_sums, const Tensor& h0, const Tensor& h) const {
  if (!h0.defined() && rows_.uniform()) {  // then the first step has no part in it
    const std::int64_t batch = rows_.batch(), later = rows_.rows() - batch;
    return matmul(t(narrow(grad_sums, 0, rows_.reverse() ? 0 : batch, later)),
                  narrow(h, 0, rows_.reverse() ? batch : 0, later));
  }
  const Tensor first = h0.defined() ? h0 : zeros({rows_.batch(), h.size(1)}, h.options());
  return matmul(t(grad_sums), rows_.states_before(first, h));
}

}  // namespace reel::detail
