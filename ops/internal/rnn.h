#pragma once

#include <array>
#include <span>
#include <string_view>
#include <tuple>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/rnn.h>
#include <reel/ops/internal/packed_rows.h>

/// What recurrent networks of all kinds share.
namespace reel::detail {

using kernels::RnnKind;

/// The parameters of a layer; biases and the projection may be undefined.
struct RnnWeights {
  const Tensor &ih, &hh, &bias_ih, &bias_hh, &hr;
};

/// Throws unless the arguments fit together. x is [..., in], and h and c are [batch, n] or undefined.
void check_rnn(std::string_view op, std::int64_t gates, std::int64_t batch, const Tensor& x, const Tensor& h,
               const Tensor& c, const RnnWeights& weights);

/// The same for x [batch, in] and a single step.
void check_rnn_cell(std::string_view op, std::int64_t gates, const Tensor& x, const Tensor& h, const Tensor& c,
                    const RnnWeights& weights);

/// What x [..., in] and the biases, those that are defined, contribute to the sums of the gates: [rows, gates *
/// hidden].
Tensor rnn_input_sums(const Tensor& x, const Tensor& weight_ih, const Tensor& bias, const Tensor& more_bias = {});

/// Rows of all steps, [rows, n], as [steps, batch, n] if x is.
Tensor like_steps(const Tensor& rows, const Tensor& x);

/// The carried states of the first samples; those of all samples with new ones in place of the first.
Tensor first_rows(const Tensor& carried, std::int64_t count);
Tensor replace_first(const Tensor& carried, const Tensor& first);

/// All that follows the product with the input, of any kind. The states of all steps depend on x, the input's part of
/// the sums, the first states, the weight and, with a GRU, the bias of the state's part.
class RnnSequence {
 public:
  RnnSequence(RnnKind kind, PackedRows rows) : kind_(kind), rows_(std::move(rows)) {}

  /// {h, c}; c is undefined where the kind has none.
  std::array<Tensor, 2> forward(Context& ctx, const Tensor& x, const Tensor& h0, const Tensor& c0, const Tensor& weight,
                                const Tensor& bias) const;
  Grads<5> backward(const Context& ctx, const Tensor& grad_h, const Tensor& grad_c) const;

 private:
  Grads<5> fused_backward(const Context& ctx, const Tensor& grad_h, const Tensor& grad_c) const;
  Grads<5> recorded_backward(const Context& ctx, const Tensor& grad_h, const Tensor& grad_c) const;
  Tensor weight_grad(const Tensor& grad_sums, const Tensor& h0, const Tensor& h) const;

  RnnKind kind_;
  PackedRows rows_;
};

/// The operation of a kind.
template <RnnKind kind> struct Rnn {
  static constexpr std::string_view name = kind == RnnKind::lstm   ? "lstm"
                                           : kind == RnnKind::gru  ? "gru"
                                           : kind == RnnKind::tanh ? "rnn_tanh"
                                                                   : "rnn_relu";
  RnnSequence sequence;

  explicit Rnn(PackedRows rows) : sequence(kind, std::move(rows)) {}

  std::array<Tensor, 2> forward(Context& ctx, const Tensor& x, const Tensor& h0, const Tensor& c0, const Tensor& weight,
                                const Tensor& bias) const {
    return sequence.forward(ctx, x, h0, c0, weight, bias);
  }
  Grads<5> backward(const Context& ctx, std::span<const Tensor> grads) const {
    return sequence.backward(ctx, grads[0], grads[1]);
  }
};

}  // namespace reel::detail
