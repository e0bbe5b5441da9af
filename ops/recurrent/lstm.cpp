// LSTMs, over sequences and step by step.

#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/rnn.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/recurrent.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

constexpr std::int64_t kGates = 4;
using Lstm = Rnn<RnnKind::lstm>;

/// With a projection, step by step: `sums` are the input's parts for all rows. Returns the rows of h, and the last h
/// and c.
std::tuple<Tensor, Tensor, Tensor> projected_steps(const PackedRows& rows, const Tensor& sums, const Tensor& h0,
                                                   const Tensor& c0, const RnnWeights& weights) {
  Tensor h = h0.defined() ? h0 : zeros({rows.batch(), weights.hr.size(0)}, sums.options());
  Tensor c = c0.defined() ? c0 : zeros({rows.batch(), weights.hr.size(1)}, sums.options());
  const Tensors inputs = rows.by_step(sums);
  Tensors outputs(inputs.size());
  rows.for_each_step(false, [&](std::size_t t, std::int64_t size) {
    const Tensor gates = inputs[t] + linear(first_rows(h, size), weights.hh);
    const auto [full, next] = apply(Lstm(PackedRows(size)), gates, Tensor(), first_rows(c, size), Tensor(), Tensor());
    outputs[t] = linear(full, weights.hr);
    h = replace_first(h, outputs[t]);
    c = replace_first(c, next);
  });
  return {cat(outputs), h, c};
}

/// Without weight_hr a weight_hh of few columns tells that it was forgotten.
void check_projection(const Tensor& weight_hh, const Tensor& weight_hr) {
  if (weight_hr.defined() || !weight_hh.defined() || weight_hh.dim() != 2) return;
  const std::int64_t rows = weight_hh.size(0), columns = weight_hh.size(1);
  check<ShapeError>(rows % kGates != 0 || rows <= kGates * columns,
                    "lstm: expected weight_hh of shape {} or a weight_hr, got {} and an undefined one",
                    Shape{rows, rows / kGates}, weight_hh.shape());
}

}  // namespace

std::tuple<Tensor, Tensor> lstm_cell(const Tensor& x, const Tensor& h, const Tensor& c, const Tensor& weight_ih,
                                     const Tensor& weight_hh, const Tensor& bias_ih, const Tensor& bias_hh) {
  check_rnn_cell("lstm_cell", kGates, x, h, c, {weight_ih, weight_hh, bias_ih, bias_hh, {}});
  if (is_half(x)) return in_f32("lstm_cell", lstm_cell, x, h, c, weight_ih, weight_hh, bias_ih, bias_hh);
  auto [new_h, new_c] =
      apply(Lstm(PackedRows(x.size(0))), rnn_input_sums(x, weight_ih, bias_ih, bias_hh), h, c, weight_hh, Tensor());
  return {std::move(new_h), std::move(new_c)};
}

std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& x, const Tensor& h0, const Tensor& c0, const Tensor& weight_ih,
                                        const Tensor& weight_hh, const Tensor& bias_ih, const Tensor& bias_hh,
                                        const Tensor& weight_hr, const SequenceOptions& options) {
  const PackedRows rows("lstm", x, options);
  check_projection(weight_hh, weight_hr);
  const RnnWeights weights{weight_ih, weight_hh, bias_ih, bias_hh, weight_hr};
  check_rnn("lstm", kGates, rows.batch(), x, h0, c0, weights);
  if (is_half(x)) {
    const auto f = [&](const auto&... inputs) { return lstm(inputs..., options); };
    return in_f32("lstm", f, x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, weight_hr);
  }
  const Tensor sums = rnn_input_sums(x, weight_ih, bias_ih, bias_hh);
  if (weight_hr.defined()) {
    auto [y, h, c] = projected_steps(rows, sums, h0, c0, weights);
    return {like_steps(y, x), std::move(h), std::move(c)};
  }
  const auto [h, c] = apply(Lstm(rows), sums, h0, c0, weight_hh, Tensor());
  return {like_steps(h, x), rows.last_states(h), rows.last_states(c)};
}

}  // namespace reel
