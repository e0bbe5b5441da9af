// LSTM layers.

#include <reel/nn/recurrent.h>

#include <cmath>

#include <reel/nn/init.h>
#include <reel/nn/text.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/recurrent.h>
#include <reel/ops/view.h>

namespace reel::nn {
namespace {

struct Weights {
  Tensor ih, hh, bias_ih, bias_hh;
};

Weights make_weights(std::string_view name, std::int64_t in, std::int64_t hidden, bool bias) {
  check<ValueError>(in >= 0 && hidden > 0,
                    "{}: expected an input of at least 0 and a state of at least 1 features, got {} and {}", name, in,
                    hidden);
  const Weights weights{empty({4 * hidden, in}), empty({4 * hidden, hidden}), bias ? empty({4 * hidden}) : Tensor(),
                        bias ? empty({4 * hidden}) : Tensor()};
  const double bound = 1 / std::sqrt(static_cast<double>(hidden));
  for (const Tensor& t : {weights.ih, weights.hh, weights.bias_ih, weights.bias_hh}) {
    if (t.defined()) init::uniform_(t, -bound, bound);
  }
  return weights;
}

std::string sizes_text(std::int64_t in, std::int64_t hidden, bool bias) {
  return fmt::format("{}, {}{}", in, hidden, bias ? "" : ", bias=" + text::of(bias));
}

/// Without its first dimension; undefined stays so. A ShapeError unless that is 1.
Tensor only_layer(std::string_view what, const Tensor& state, int rank) {
  if (!state.defined()) return state;
  check<ShapeError>(state.dim() == rank && state.size(0) == 1, "LSTM: expected {} of shape {}, got {}", what,
                    rank == 3 ? "[1, batch, hidden]" : "[1, hidden]", state.shape());
  return squeeze(state, 0);
}

Tensor with_batch(const Tensor& state) { return state.defined() ? unsqueeze(state, 0) : state; }

}  // namespace

LSTM::LSTM(std::int64_t input_size, std::int64_t hidden_size, const LSTMOptions& options)
    : batch_first_(options.batch_first) {
  const Weights weights = make_weights("LSTM", input_size, hidden_size, options.bias);
  weight_ih_l0 = register_parameter("weight_ih_l0", weights.ih);
  weight_hh_l0 = register_parameter("weight_hh_l0", weights.hh);
  bias_ih_l0 = register_parameter("bias_ih_l0", weights.bias_ih);
  bias_hh_l0 = register_parameter("bias_hh_l0", weights.bias_hh);
  set_extra_text(sizes_text(input_size, hidden_size, options.bias) +
                 (batch_first_ ? ", batch_first=" + text::of(true) : ""));
}

std::tuple<Tensor, Tensor, Tensor> LSTM::forward(const Tensor& x, const Tensor& h0, const Tensor& c0) const {
  reel::detail::check_defined("LSTM", x);
  check<ShapeError>(x.dim() == 2 || x.dim() == 3, "LSTM: expected input of rank 3, or 2 without a batch, got shape {}",
                    x.shape());
  const bool batched = x.dim() == 3, batch_first = batched && batch_first_;
  const Tensor first_h = only_layer("h0", h0, x.dim()), first_c = only_layer("c0", c0, x.dim());
  const Tensor steps = !batched ? unsqueeze(x, 1) : batch_first ? transpose(x, 0, 1) : x;
  const auto [y, h, c] = lstm(steps, batched ? first_h : with_batch(first_h), batched ? first_c : with_batch(first_c),
                              weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0);
  if (!batched) return {squeeze(y, 1), h, c};
  return {batch_first ? transpose(y, 0, 1) : y, unsqueeze(h, 0), unsqueeze(c, 0)};
}

LSTMCell::LSTMCell(std::int64_t input_size, std::int64_t hidden_size, const LSTMCellOptions& options) {
  const Weights weights = make_weights("LSTMCell", input_size, hidden_size, options.bias);
  weight_ih = register_parameter("weight_ih", weights.ih);
  weight_hh = register_parameter("weight_hh", weights.hh);
  bias_ih = register_parameter("bias_ih", weights.bias_ih);
  bias_hh = register_parameter("bias_hh", weights.bias_hh);
  set_extra_text(sizes_text(input_size, hidden_size, options.bias));
}

std::tuple<Tensor, Tensor> LSTMCell::forward(const Tensor& x, const Tensor& h, const Tensor& c) const {
  reel::detail::check_defined("LSTMCell", x);
  if (x.dim() != 1) return lstm_cell(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh);
  const auto [new_h, new_c] =
      lstm_cell(unsqueeze(x, 0), with_batch(h), with_batch(c), weight_ih, weight_hh, bias_ih, bias_hh);
  return {squeeze(new_h, 0), squeeze(new_c, 0)};
}

}  // namespace reel::nn
