// Recurrent layers and cells.

#include <reel/nn/layers/recurrent.h>

#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>

namespace reel::nn {
namespace {

using detail::RecurrentWeights;
using Sequence = std::tuple<Tensor, Tensor> (*)(const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                                                const Tensor&, const Tensor&, const SequenceOptions&);

/// A Recurrence of an operation with one state.
template <Sequence sequence> Tensors with_one_state(const Tensor& x, const Tensors& first, const RecurrentWeights& w,
                                                    const SequenceOptions& options) {
  auto [y, h] = sequence(x, first[0], w.ih, w.hh, w.bias_ih, w.bias_hh, options);
  return {std::move(y), std::move(h)};
}

Tensors with_two_states(const Tensor& x, const Tensors& first, const RecurrentWeights& w,
                        const SequenceOptions& options) {
  auto [y, h, c] = lstm(x, first[0], first[1], w.ih, w.hh, w.bias_ih, w.bias_hh, w.hr, options);
  return {std::move(y), std::move(h), std::move(c)};
}

Tensor with_batch(const Tensor& state) { return state.defined() ? unsqueeze(state, 0) : state; }

}  // namespace

RNN::RNN(std::int64_t input_size, std::int64_t hidden_size, const RNNOptions& o)
    : RecurrentLayer<RNN>(
          {"RNN", 1, input_size, hidden_size, o.num_layers, o.bias, o.batch_first, o.dropout, o.bidirectional},
          o.nonlinearity == Nonlinearity::tanh ? with_one_state<rnn_tanh> : with_one_state<rnn_relu>) {}

std::tuple<Tensor, Tensor> RNN::forward(const Tensor& x, const Tensor& h0) const {
  const Tensors out = stack_.run(x, {h0}, is_training());
  return {out[0], out[1]};
}

std::tuple<PackedSequence, Tensor> RNN::forward(const PackedSequence& x, const Tensor& h0) const {
  const auto [y, states] = stack_.run(x, {h0}, is_training());
  return {y, states[0]};
}

GRU::GRU(std::int64_t input_size, std::int64_t hidden_size, const GRUOptions& o)
    : RecurrentLayer<GRU>(
          {"GRU", 3, input_size, hidden_size, o.num_layers, o.bias, o.batch_first, o.dropout, o.bidirectional},
          with_one_state<gru>) {}

std::tuple<Tensor, Tensor> GRU::forward(const Tensor& x, const Tensor& h0) const {
  const Tensors out = stack_.run(x, {h0}, is_training());
  return {out[0], out[1]};
}

std::tuple<PackedSequence, Tensor> GRU::forward(const PackedSequence& x, const Tensor& h0) const {
  const auto [y, states] = stack_.run(x, {h0}, is_training());
  return {y, states[0]};
}

LSTM::LSTM(std::int64_t input_size, std::int64_t hidden_size, const LSTMOptions& o)
    : RecurrentLayer<LSTM>({"LSTM", 4, input_size, hidden_size, o.num_layers, o.bias, o.batch_first, o.dropout,
                            o.bidirectional, o.proj_size},
                           with_two_states) {}

std::tuple<Tensor, Tensor, Tensor> LSTM::forward(const Tensor& x, const Tensor& h0, const Tensor& c0) const {
  const Tensors out = stack_.run(x, {h0, c0}, is_training());
  return {out[0], out[1], out[2]};
}

std::tuple<PackedSequence, Tensor, Tensor> LSTM::forward(const PackedSequence& x, const Tensor& h0,
                                                         const Tensor& c0) const {
  const auto [y, states] = stack_.run(x, {h0, c0}, is_training());
  return {y, states[0], states[1]};
}

RNNCell::RNNCell(std::int64_t input_size, std::int64_t hidden_size, const RNNCellOptions& options)
    : RecurrentCell<RNNCell>("RNNCell", 1, input_size, hidden_size, options.bias), nonlinearity_(options.nonlinearity) {
  if (nonlinearity_ == Nonlinearity::relu) {
    set_extra_text(detail::sizes_text(input_size, hidden_size) + (options.bias ? "" : ", bias=False") +
                   ", nonlinearity=relu");
  }
}

Tensor RNNCell::forward(const Tensor& x, const Tensor& h) const {
  reel::detail::check_defined("RNNCell", x);
  if (x.dim() == 1) return squeeze(forward(unsqueeze(x, 0), with_batch(h)), 0);
  const auto cell = nonlinearity_ == Nonlinearity::tanh ? rnn_tanh_cell : rnn_relu_cell;
  return cell(x, h, weight_ih, weight_hh, bias_ih, bias_hh);
}

GRUCell::GRUCell(std::int64_t input_size, std::int64_t hidden_size, const GRUCellOptions& options)
    : RecurrentCell<GRUCell>("GRUCell", 3, input_size, hidden_size, options.bias) {}

Tensor GRUCell::forward(const Tensor& x, const Tensor& h) const {
  reel::detail::check_defined("GRUCell", x);
  if (x.dim() == 1) return squeeze(forward(unsqueeze(x, 0), with_batch(h)), 0);
  return gru_cell(x, h, weight_ih, weight_hh, bias_ih, bias_hh);
}

LSTMCell::LSTMCell(std::int64_t input_size, std::int64_t hidden_size, const LSTMCellOptions& options)
    : RecurrentCell<LSTMCell>("LSTMCell", 4, input_size, hidden_size, options.bias) {}

std::tuple<Tensor, Tensor> LSTMCell::forward(const Tensor& x, const Tensor& h, const Tensor& c) const {
  reel::detail::check_defined("LSTMCell", x);
  if (x.dim() != 1) return lstm_cell(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh);
  const auto [new_h, new_c] =
      lstm_cell(unsqueeze(x, 0), with_batch(h), with_batch(c), weight_ih, weight_hh, bias_ih, bias_hh);
  return {squeeze(new_h, 0), squeeze(new_c, 0)};
}

}  // namespace reel::nn
