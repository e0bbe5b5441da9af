#pragma once

#include <tuple>

#include <reel/nn/layer.h>
#include <reel/nn/layers/packed_sequence.h>
#include <reel/nn/layers/positional.h>
#include <reel/nn/layers/recurrent_stack.h>

/// Recurrent layers. Parameters have PyTorch's names, "weight_ih_l0" to "bias_hh_l1_reverse", and start uniform in
/// +-1/sqrt(hidden_size). Hooks see the tensors of a call; of packed sequences they see the states alone.
namespace reel::nn {

/// What follows the sum in RNN and RNNCell.
enum class Nonlinearity : std::uint8_t { tanh, relu };

/// Options of RNN.
struct RNNOptions {
  std::int64_t num_layers = 1;                     ///< Each takes the outputs of the one before.
  Nonlinearity nonlinearity = Nonlinearity::tanh;  ///< What follows the sum.
  bool bias = true;                                ///< Whether there are biases.
  bool batch_first = false;    ///< Whether sequences are [batch, steps, features] instead of [steps, batch, features].
  double dropout = 0;          ///< The probability that an output is dropped, of all layers but the last; in training.
  bool bidirectional = false;  ///< Whether each layer also goes backwards, with weights of its own.
};

/// Options of LSTM.
struct LSTMOptions {
  std::int64_t num_layers = 1;  ///< Each takes the outputs of the one before.
  bool bias = true;             ///< Whether there are biases.
  bool batch_first = false;     ///< Whether sequences are [batch, steps, features] instead of [steps, batch, features].
  double dropout = 0;           ///< The probability that an output is dropped, of all layers but the last; in training.
  bool bidirectional = false;   ///< Whether each layer also goes backwards, with weights of its own.
  std::int64_t proj_size = 0;   ///< How many features h is projected to; 0: it is not.
};

/// Options of GRU.
struct GRUOptions {
  std::int64_t num_layers = 1;  ///< Each takes the outputs of the one before.
  bool bias = true;             ///< Whether there are biases.
  bool batch_first = false;     ///< Whether sequences are [batch, steps, features] instead of [steps, batch, features].
  double dropout = 0;           ///< The probability that an output is dropped, of all layers but the last; in training.
  bool bidirectional = false;   ///< Whether each layer also goes backwards, with weights of its own.
};

/// Options of RNNCell.
struct RNNCellOptions {
  bool bias = true;                                ///< Whether there are biases.
  Nonlinearity nonlinearity = Nonlinearity::tanh;  ///< What follows the sum.
};

/// Options of LSTMCell.
struct LSTMCellOptions {
  bool bias = true;  ///< Whether there are biases.
};

/// Options of GRUCell.
struct GRUCellOptions {
  bool bias = true;  ///< Whether there are biases.
};

/// h and c of an LSTM in one piece.
using LSTMState = std::tuple<Tensor, Tensor>;

/// What RNN, LSTM and GRU share.
template <class Derived> class RecurrentLayer : public Layer<Derived> {
 public:
  RecurrentLayer(NullPointer auto null) : Layer<Derived>(null) {}

  Tensor weight_ih_l0, weight_hh_l0;  ///< Of the first layer, forwards: [gates * hidden, in], [gates * hidden, hidden].
  Tensor bias_ih_l0, bias_hh_l0;      ///< Undefined without biases.

 protected:
  /// Registers the parameters.
  RecurrentLayer(const detail::RecurrentSettings& settings, detail::Recurrence recurrence)
      : stack_(*this, settings, recurrence) {
    const auto& first = stack_.first();
    weight_ih_l0 = first.ih, weight_hh_l0 = first.hh, bias_ih_l0 = first.bias_ih, bias_hh_l0 = first.bias_hh;
    this->set_extra_text(stack_.text());
  }

  /// The layers and directions.
  detail::RecurrentStack stack_;
};

/// `rnn_tanh` or `rnn_relu`, of any number of layers and in one or both directions.
class RNN : public RecurrentLayer<RNN> {
 public:
  RNN(NullPointer auto null) : RecurrentLayer<RNN>(null) {}
  /// A layer with its own weights.
  RNN(std::int64_t input_size, std::int64_t hidden_size, const RNNOptions& options = {});
  template <class... Values>
  requires PositionalOptions<RNNOptions, Values...> RNN(std::int64_t input_size, std::int64_t hidden_size,
                                                        const Values&... options)
      : RNN(input_size, hidden_size, RNNOptions{options...}) {}

  /// x [steps, batch, in], or [batch, steps, in] with `batch_first`, or [steps, in] without a batch. Returns the h of
  /// all steps of the last layer in the same arrangement, the two directions side by side, and the last h of each
  /// layer and direction, [layers * directions, batch, hidden], without the batch if x has none. So are the first
  /// ones, h0; undefined ones are zeros.
  std::tuple<Tensor, Tensor> forward(const Tensor& x, const Tensor& h0 = {}) const;
  /// The same of packed sequences; the states are in the original order of the sequences.
  std::tuple<PackedSequence, Tensor> forward(const PackedSequence& x, const Tensor& h0 = {}) const;
};

/// `gru`, of any number of layers and in one or both directions.
class GRU : public RecurrentLayer<GRU> {
 public:
  GRU(NullPointer auto null) : RecurrentLayer<GRU>(null) {}
  /// A layer with its own weights.
  GRU(std::int64_t input_size, std::int64_t hidden_size, const GRUOptions& options = {});
  template <class... Values>
  requires PositionalOptions<GRUOptions, Values...> GRU(std::int64_t input_size, std::int64_t hidden_size,
                                                        const Values&... options)
      : GRU(input_size, hidden_size, GRUOptions{options...}) {}

  /// As RNN's.
  std::tuple<Tensor, Tensor> forward(const Tensor& x, const Tensor& h0 = {}) const;
  std::tuple<PackedSequence, Tensor> forward(const PackedSequence& x, const Tensor& h0 = {}) const;
};

/// `lstm`, of any number of layers and in one or both directions.
class LSTM : public RecurrentLayer<LSTM> {
 public:
  using State = LSTMState;

  LSTM(NullPointer auto null) : RecurrentLayer<LSTM>(null) {}
  /// A layer with its own weights.
  LSTM(std::int64_t input_size, std::int64_t hidden_size, const LSTMOptions& options = {});
  template <class... Values>
  requires PositionalOptions<LSTMOptions, Values...> LSTM(std::int64_t input_size, std::int64_t hidden_size,
                                                          const Values&... options)
      : LSTM(input_size, hidden_size, LSTMOptions{options...}) {}

  /// As RNN's, with the h and the c of the last steps, and of the first ones. With `proj_size` h has that many features
  /// and c `hidden_size`.
  std::tuple<Tensor, Tensor, Tensor> forward(const Tensor& x, const Tensor& h0 = {}, const Tensor& c0 = {}) const;
  std::tuple<Tensor, Tensor, Tensor> forward(const Tensor& x, const State& first) const {
    return forward(x, std::get<0>(first), std::get<1>(first));
  }
  std::tuple<PackedSequence, Tensor, Tensor> forward(const PackedSequence& x, const Tensor& h0 = {},
                                                     const Tensor& c0 = {}) const;
  std::tuple<PackedSequence, Tensor, Tensor> forward(const PackedSequence& x, const State& first) const {
    return forward(x, std::get<0>(first), std::get<1>(first));
  }

  /// The hooks and `forward`, which the state may reach in one piece, `lstm(x, {h0, c0})`.
  auto operator()(const Tensor& x, const Tensor& h0 = {}, const Tensor& c0 = {}) const {
    return Layer::operator()(x, h0, c0);
  }
  auto operator()(const Tensor& x, const State& first) const {
    return Layer::operator()(x, std::get<0>(first), std::get<1>(first));
  }
  auto operator()(const PackedSequence& x, const Tensor& h0 = {}, const Tensor& c0 = {}) const {
    return Layer::operator()(x, h0, c0);
  }
  auto operator()(const PackedSequence& x, const State& first) const {
    return Layer::operator()(x, std::get<0>(first), std::get<1>(first));
  }
};

/// What RNNCell, LSTMCell and GRUCell share.
template <class Derived> class RecurrentCell : public Layer<Derived> {
 public:
  RecurrentCell(NullPointer auto null) : Layer<Derived>(null) {}

  Tensor weight_ih, weight_hh;  ///< [gates * hidden, in], [gates * hidden, hidden].
  Tensor bias_ih, bias_hh;      ///< Undefined without biases.

 protected:
  /// Registers the parameters.
  RecurrentCell(std::string_view name, std::int64_t gates, std::int64_t input_size, std::int64_t hidden_size,
                bool bias) {
    detail::check_sizes(name, input_size, hidden_size);
    const auto weights = detail::register_weights(*this, "", gates, input_size, hidden_size, bias);
    weight_ih = weights.ih, weight_hh = weights.hh, bias_ih = weights.bias_ih, bias_hh = weights.bias_hh;
    this->set_extra_text(detail::sizes_text(input_size, hidden_size) + (bias ? "" : ", bias=False"));
  }
};

/// One step of an RNN: `rnn_tanh_cell` or `rnn_relu_cell`.
class RNNCell : public RecurrentCell<RNNCell> {
 public:
  RNNCell(NullPointer auto null) : RecurrentCell<RNNCell>(null) {}
  /// A layer with its own weights.
  RNNCell(std::int64_t input_size, std::int64_t hidden_size, const RNNCellOptions& options = {});
  template <class... Values>
  requires PositionalOptions<RNNCellOptions, Values...> RNNCell(std::int64_t input_size, std::int64_t hidden_size,
                                                                const Values&... options)
      : RNNCell(input_size, hidden_size, RNNCellOptions{options...}) {}

  /// x [batch, in] and the state h [batch, hidden], or both without a batch; an undefined state is zeros. Returns the
  /// new h.
  Tensor forward(const Tensor& x, const Tensor& h = {}) const;

 private:
  Nonlinearity nonlinearity_ = Nonlinearity::tanh;
};

/// One step of a GRU: `gru_cell`.
class GRUCell : public RecurrentCell<GRUCell> {
 public:
  GRUCell(NullPointer auto null) : RecurrentCell<GRUCell>(null) {}
  /// A layer with its own weights.
  GRUCell(std::int64_t input_size, std::int64_t hidden_size, const GRUCellOptions& options = {});
  template <class... Values>
  requires PositionalOptions<GRUCellOptions, Values...> GRUCell(std::int64_t input_size, std::int64_t hidden_size,
                                                                const Values&... options)
      : GRUCell(input_size, hidden_size, GRUCellOptions{options...}) {}

  /// As RNNCell's.
  Tensor forward(const Tensor& x, const Tensor& h = {}) const;
};

/// One step of an LSTM: `lstm_cell`.
class LSTMCell : public RecurrentCell<LSTMCell> {
 public:
  using State = LSTMState;

  LSTMCell(NullPointer auto null) : RecurrentCell<LSTMCell>(null) {}
  /// A layer with its own weights.
  LSTMCell(std::int64_t input_size, std::int64_t hidden_size, const LSTMCellOptions& options = {});
  template <class... Values>
  requires PositionalOptions<LSTMCellOptions, Values...> LSTMCell(std::int64_t input_size, std::int64_t hidden_size,
                                                                  const Values&... options)
      : LSTMCell(input_size, hidden_size, LSTMCellOptions{options...}) {}

  /// x [batch, in] and the state h, c [batch, hidden], or all without a batch; undefined states are zeros. Returns the
  /// new h and c.
  std::tuple<Tensor, Tensor> forward(const Tensor& x, const Tensor& h = {}, const Tensor& c = {}) const;
  std::tuple<Tensor, Tensor> forward(const Tensor& x, const State& state) const {
    return forward(x, std::get<0>(state), std::get<1>(state));
  }

  /// The hooks and `forward`, which the state may reach in one piece, `cell(x, {h, c})`.
  auto operator()(const Tensor& x, const Tensor& h = {}, const Tensor& c = {}) const {
    return Layer::operator()(x, h, c);
  }
  auto operator()(const Tensor& x, const State& state) const {
    return Layer::operator()(x, std::get<0>(state), std::get<1>(state));
  }
};

}  // namespace reel::nn
