#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include <reel/tensor/tensor.h>

/// Recurrent networks of one layer and one direction, over sequences and step by step. Weights and biases have the rows
/// of all gates after each other; biases may be undefined, and so may states, which then are zeros. Floating dtypes.
/// Shapes that do not fit together are a ShapeError. (`nn::LSTM` and its like have layers and directions.)
namespace reel {

/// Which way a network goes over sequences, and how these are arranged.
struct SequenceOptions {
  bool reverse = false;  ///< Whether it begins with the last step.
  /// Empty: x is [steps, batch, in]. Otherwise x is [rows, in] and packs sequences of different lengths, the longest
  /// first: step t has the rows of the first batch_sizes[t] sequences, which never increase (`nn::PackedSequence`).
  std::vector<std::int64_t> batch_sizes = {};
};

/// One step of an LSTM: x [batch, in] and the state h, c [batch, hidden] give the new h and c (Hochreiter and
/// Schmidhuber 1997, with the forget gate of Gers et al. 2000). weight_ih [4 hidden, in], weight_hh [4 hidden, hidden],
/// biases [4 hidden], in the order input, forget, cell and output gate.
std::tuple<Tensor, Tensor> lstm_cell(const Tensor& x, const Tensor& h, const Tensor& c, const Tensor& weight_ih,
                                     const Tensor& weight_hh, const Tensor& bias_ih = {}, const Tensor& bias_hh = {});
/// An LSTM over x [steps, batch, in]: the h of all steps, [steps, batch, hidden], and the last h and c. With weight_hr
/// [proj, hidden] each h is multiplied by it, so that it has proj features, and weight_hh is [4 hidden, proj] (Sak et
/// al. 2014). With `batch_sizes` the h of all steps is [rows, hidden].
std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& x, const Tensor& h0, const Tensor& c0, const Tensor& weight_ih,
                                        const Tensor& weight_hh, const Tensor& bias_ih = {}, const Tensor& bias_hh = {},
                                        const Tensor& weight_hr = {}, const SequenceOptions& options = {});

/// One step of a GRU: x [batch, in] and the state h [batch, hidden] give the new h (Cho et al. 2014, with the reset
/// gate behind the product with weight_hh and bias_hh, as in cuDNN). weight_ih [3 hidden, in], weight_hh [3 hidden,
/// hidden], biases [3 hidden], in the order reset, update and new gate.
Tensor gru_cell(const Tensor& x, const Tensor& h, const Tensor& weight_ih, const Tensor& weight_hh,
                const Tensor& bias_ih = {}, const Tensor& bias_hh = {});
/// A GRU over x [steps, batch, in]: the h of all steps, [steps, batch, hidden] ([rows, hidden] with `batch_sizes`), and
/// the last h.
std::tuple<Tensor, Tensor> gru(const Tensor& x, const Tensor& h0, const Tensor& weight_ih, const Tensor& weight_hh,
                               const Tensor& bias_ih = {}, const Tensor& bias_hh = {},
                               const SequenceOptions& options = {});

/// tanh(weight_ih x + bias_ih + weight_hh h + bias_hh), a step of a network of Elman's (1990): x [batch, in] and the
/// state h [batch, hidden] give the new h. weight_ih [hidden, in], weight_hh [hidden, hidden], biases [hidden].
Tensor rnn_tanh_cell(const Tensor& x, const Tensor& h, const Tensor& weight_ih, const Tensor& weight_hh,
                     const Tensor& bias_ih = {}, const Tensor& bias_hh = {});
/// The same with relu in place of tanh.
Tensor rnn_relu_cell(const Tensor& x, const Tensor& h, const Tensor& weight_ih, const Tensor& weight_hh,
                     const Tensor& bias_ih = {}, const Tensor& bias_hh = {});
/// `rnn_tanh_cell` over x [steps, batch, in]: the h of all steps, [steps, batch, hidden] ([rows, hidden] with
/// `batch_sizes`), and the last h.
std::tuple<Tensor, Tensor> rnn_tanh(const Tensor& x, const Tensor& h0, const Tensor& weight_ih, const Tensor& weight_hh,
                                    const Tensor& bias_ih = {}, const Tensor& bias_hh = {},
                                    const SequenceOptions& options = {});
/// The same of `rnn_relu_cell`.
std::tuple<Tensor, Tensor> rnn_relu(const Tensor& x, const Tensor& h0, const Tensor& weight_ih, const Tensor& weight_hh,
                                    const Tensor& bias_ih = {}, const Tensor& bias_hh = {},
                                    const SequenceOptions& options = {});

}  // namespace reel
