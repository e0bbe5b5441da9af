// Elman's recurrent networks, over sequences and step by step.

#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/rnn.h>
#include <reel/ops/recurrent.h>

namespace reel {
using namespace detail;
namespace {

template <RnnKind kind> Tensor cell(std::string_view op, const Tensor& x, const Tensor& h, const RnnWeights& w) {
  check_rnn_cell(op, 1, x, h, {}, w);
  if (is_half(x)) {
    const auto f = [&](const Tensor& y, const Tensor& state, const auto&... weights) {
      return cell<kind>(op, y, state, RnnWeights{weights..., {}});
    };
    return in_f32(op, f, x, h, w.ih, w.hh, w.bias_ih, w.bias_hh);
  }
  return apply(Rnn<kind>(PackedRows(x.size(0))), rnn_input_sums(x, w.ih, w.bias_ih, w.bias_hh), h, Tensor(), w.hh,
               Tensor())[0];
}

template <RnnKind kind> std::tuple<Tensor, Tensor> sequence(const Tensor& x, const Tensor& h0, const RnnWeights& w,
                                                            const SequenceOptions& options) {
  const PackedRows rows(Rnn<kind>::name, x, options);
  check_rnn(Rnn<kind>::name, 1, rows.batch(), x, h0, {}, w);
  if (is_half(x)) {
    const auto f = [&](const Tensor& y, const Tensor& first, const auto&... weights) {
      return sequence<kind>(y, first, RnnWeights{weights..., {}}, options);
    };
    return in_f32(Rnn<kind>::name, f, x, h0, w.ih, w.hh, w.bias_ih, w.bias_hh);
  }
  const Tensor h =
      apply(Rnn<kind>(rows), rnn_input_sums(x, w.ih, w.bias_ih, w.bias_hh), h0, Tensor(), w.hh, Tensor())[0];
  return {like_steps(h, x), rows.last_states(h)};
}

}  // namespace

Tensor rnn_tanh_cell(const Tensor& x, const Tensor& h, const Tensor& weight_ih, const Tensor& weight_hh,
                     const Tensor& bias_ih, const Tensor& bias_hh) {
  return cell<RnnKind::tanh>("rnn_tanh_cell", x, h, {weight_ih, weight_hh, bias_ih, bias_hh, {}});
}

Tensor rnn_relu_cell(const Tensor& x, const Tensor& h, const Tensor& weight_ih, const Tensor& weight_hh,
                     const Tensor& bias_ih, const Tensor& bias_hh) {
  return cell<RnnKind::relu>("rnn_relu_cell", x, h, {weight_ih, weight_hh, bias_ih, bias_hh, {}});
}

std::tuple<Tensor, Tensor> rnn_tanh(const Tensor& x, const Tensor& h0, const Tensor& weight_ih, const Tensor& weight_hh,
                                    const Tensor& bias_ih, const Tensor& bias_hh, const SequenceOptions& options) {
  return sequence<RnnKind::tanh>(x, h0, {weight_ih, weight_hh, bias_ih, bias_hh, {}}, options);
}

std::tuple<Tensor, Tensor> rnn_relu(const Tensor& x, const Tensor& h0, const Tensor& weight_ih, const Tensor& weight_hh,
                                    const Tensor& bias_ih, const Tensor& bias_hh, const SequenceOptions& options) {
  return sequence<RnnKind::relu>(x, h0, {weight_ih, weight_hh, bias_ih, bias_hh, {}}, options);
}

}  // namespace reel
