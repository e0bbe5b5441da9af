#pragma once

#include <tuple>

#include <reel/tensor/tensor.h>

/// Recurrence. Weights and biases have the rows of the input, forget, cell and output gate after each other; biases
/// may be undefined, and so may states, which then are zeros.
namespace reel {

/// One step of an LSTM: x [batch, in] and the state h, c [batch, hidden] give the new h and c (Hochreiter and
/// Schmidhuber 1997, with the forget gate of Gers et al. 2000). weight_ih [4 hidden, in], weight_hh [4 hidden, hidden],
/// biases [4 hidden].
std::tuple<Tensor, Tensor> lstm_cell(const Tensor& x, const Tensor& h, const Tensor& c, const Tensor& weight_ih,
                                     const Tensor& weight_hh, const Tensor& bias_ih = {}, const Tensor& bias_hh = {});
/// An LSTM over x [steps, batch, in]: the h of all steps, [steps, batch, hidden], and the last h and c.
std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& x, const Tensor& h0, const Tensor& c0, const Tensor& weight_ih,
                                        const Tensor& weight_hh, const Tensor& bias_ih = {},
                                        const Tensor& bias_hh = {});

}  // namespace reel
