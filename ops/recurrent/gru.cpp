// GRUs, over sequences and step by step.

#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/rnn.h>
#include <reel/ops/recurrent.h>

namespace reel {
using namespace detail;
namespace {

constexpr std::int64_t kGates = 3;
using Gru = Rnn<RnnKind::gru>;

}  // namespace

Tensor gru_cell(const Tensor& x, const Tensor& h, const Tensor& weight_ih, const Tensor& weight_hh,
                const Tensor& bias_ih, const Tensor& bias_hh) {
  check_rnn_cell("gru_cell", kGates, x, h, {}, {weight_ih, weight_hh, bias_ih, bias_hh, {}});
  if (is_half(x)) return in_f32("gru_cell", gru_cell, x, h, weight_ih, weight_hh, bias_ih, bias_hh);
  return apply(Gru(PackedRows(x.size(0))), rnn_input_sums(x, weight_ih, bias_ih), h, Tensor(), weight_hh, bias_hh)[0];
}

std::tuple<Tensor, Tensor> gru(const Tensor& x, const Tensor& h0, const Tensor& weight_ih, const Tensor& weight_hh,
                               const Tensor& bias_ih, const Tensor& bias_hh, const SequenceOptions& options) {
  const PackedRows rows("gru", x, options);
  check_rnn("gru", kGates, rows.batch(), x, h0, {}, {weight_ih, weight_hh, bias_ih, bias_hh, {}});
  if (is_half(x)) {
    const auto f = [&](const auto&... inputs) { return gru(inputs..., options); };
    return in_f32("gru", f, x, h0, weight_ih, weight_hh, bias_ih, bias_hh);
  }
  const Tensor h = apply(Gru(rows), rnn_input_sums(x, weight_ih, bias_ih), h0, Tensor(), weight_hh, bias_hh)[0];
  return {like_steps(h, x), rows.last_states(h)};
}

}  // namespace reel
