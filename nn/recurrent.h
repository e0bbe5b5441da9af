#pragma once

#include <tuple>

#include <reel/nn/layer.h>
#include <reel/nn/positional.h>

namespace reel::nn {

/// Options of LSTM.
struct LSTMOptions {
  bool bias = true;          ///< Whether there are biases.
  bool batch_first = false;  ///< Whether sequences are [batch, steps, features] instead of [steps, batch, features].
};

/// Options of LSTMCell.
struct LSTMCellOptions {
  bool bias = true;  ///< Whether there are biases.
};

/// What LSTM and LSTMCell share: the call with the state in one piece, `cell(x, {h, c})`.
template <class Derived> class RecurrentLayer : public Layer<Derived> {
 public:
  /// h and c.
  using State = std::tuple<Tensor, Tensor>;

  RecurrentLayer() = default;
  RecurrentLayer(NullPointer auto null) : Layer<Derived>(null) {}
  /// The hooks and `forward`; an undefined state is zeros.
  auto operator()(const Tensor& x, const Tensor& h = {}, const Tensor& c = {}) const {
    return Layer<Derived>::operator()(x, h, c);
  }
  auto operator()(const Tensor& x, const State& state) const {
    return Layer<Derived>::operator()(x, std::get<0>(state), std::get<1>(state));
  }
};

/// `lstm` with weights [4 hidden, in] and [4 hidden, hidden] and two biases [4 hidden], the rows of the input, forget,
/// cell and output gate after each other. All start uniform in +-1/sqrt(hidden).
class LSTM : public RecurrentLayer<LSTM> {
 public:
  LSTM(NullPointer auto null) : RecurrentLayer<LSTM>(null) {}
  /// A layer with its own weights.
  LSTM(std::int64_t input_size, std::int64_t hidden_size, const LSTMOptions& options = {});

  /// x [steps, batch, in], or [batch, steps, in] with `batch_first`, or [steps, in] without a batch. Returns the h of
  /// all steps in the same arrangement, and the last h and c, [1, batch, hidden] ([1, hidden] without a batch). So are
  /// the first ones, h0 and c0; undefined ones are zeros.
  std::tuple<Tensor, Tensor, Tensor> forward(const Tensor& x, const Tensor& h0 = {}, const Tensor& c0 = {}) const;
  std::tuple<Tensor, Tensor, Tensor> forward(const Tensor& x, const State& first) const {
    return forward(x, std::get<0>(first), std::get<1>(first));
  }

  Tensor weight_ih_l0, weight_hh_l0;  ///< [4 hidden, in], [4 hidden, hidden].
  Tensor bias_ih_l0, bias_hh_l0;      ///< Undefined without biases.

 private:
  bool batch_first_ = false;
};

/// One step of an LSTM: `lstm_cell` with weights like those of LSTM.
class LSTMCell : public RecurrentLayer<LSTMCell> {
 public:
  LSTMCell(NullPointer auto null) : RecurrentLayer<LSTMCell>(null) {}
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

  Tensor weight_ih, weight_hh;  ///< [4 hidden, in], [4 hidden, hidden].
  Tensor bias_ih, bias_hh;      ///< Undefined without biases.
};

}  // namespace reel::nn
