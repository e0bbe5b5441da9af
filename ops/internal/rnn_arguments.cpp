// The arguments of recurrent networks.

#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/rnn.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/view.h>

namespace reel::detail {

void check_rnn(std::string_view op, std::int64_t gates, std::int64_t batch, const Tensor& x, const Tensor& h,
               const Tensor& c, const RnnWeights& weights) {
  check_defined(op, x);
  check_defined(op, weights.ih, "weight_ih");
  check_defined(op, weights.hh, "weight_hh");
  check_dtype(op, x, kFloating);
  for (const Tensor& t : {weights.ih, weights.hh, h, c, weights.bias_ih, weights.bias_hh, weights.hr}) {
    if (!t.defined()) continue;
    check_same_dtype(op, x, t);
    check_same_device(op, x, t);
  }
  check_rank(op, "weight_hh", weights.hh, 2);
  if (weights.hr.defined()) check_rank(op, "weight_hr", weights.hr, 2);
  const std::int64_t hidden = weights.hr.defined() ? weights.hr.size(1) : weights.hh.size(1), rows = gates * hidden;
  const std::int64_t state = weights.hr.defined() ? weights.hr.size(0) : hidden;
  const auto check_shape = [&](std::string_view what, const Tensor& t, const Shape& shape) {
    check<ShapeError>(!t.defined() || t.shape() == shape, "{}: expected {} of shape {}, got {}", op, what, shape,
                      t.defined() ? t.shape() : Shape{});
  };
  check_shape("weight_hh", weights.hh, {rows, state});
  check_rank(op, "weight_ih", weights.ih, 2);
  check_shape("weight_ih", weights.ih, {rows, weights.ih.size(1)});
  check<ShapeError>(x.size(-1) == weights.ih.size(1),
                    "{}: expected input with {} features for weight_ih {}, got shape {}", op, weights.ih.size(1),
                    weights.ih.shape(), x.shape());
  check_shape("h", h, {batch, state});
  check_shape("c", c, {batch, hidden});
  check_shape("bias_ih", weights.bias_ih, {rows});
  check_shape("bias_hh", weights.bias_hh, {rows});
}

void check_rnn_cell(std::string_view op, std::int64_t gates, const Tensor& x, const Tensor& h, const Tensor& c,
                    const RnnWeights& weights) {
  check_defined(op, x);
  check<ShapeError>(x.dim() == 2, "{}: expected input [batch, in], got shape {}", op, x.shape());
  check_rnn(op, gates, x.size(0), x, h, c, weights);
}

Tensor rnn_input_sums(const Tensor& x, const Tensor& weight_ih, const Tensor& bias, const Tensor& more_bias) {
  const Tensor rows = x.dim() == 2 ? x : flatten(x, 0, 1);
  return linear(rows, weight_ih,
                bias.defined() && more_bias.defined() ? bias + more_bias
                : bias.defined()                      ? bias
                                                      : more_bias);
}

Tensor like_steps(const Tensor& rows, const Tensor& x) {
  return x.dim() == 2 ? rows : reshape(rows, {x.size(0), x.size(1), rows.size(1)});
}

}  // namespace reel::detail
