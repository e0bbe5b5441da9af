#pragma once

#include <string_view>
#include <tuple>

#include <reel/tensor/tensor.h>

/// What one step of an LSTM and a whole sequence share. "Gates" are [batch, 4 hidden]: input, forget, cell, output.
namespace reel::detail {

/// Throws unless the arguments of lstm or lstm_cell fit together. x is [..., batch, in].
void check_lstm(std::string_view op, const Tensor& x, const Tensor& h, const Tensor& c, const Tensor& weight_ih,
                const Tensor& weight_hh, const Tensor& bias_ih, const Tensor& bias_hh);

/// What x and both biases contribute to the sums of the gates; on the tape.
Tensor lstm_input_gates(const Tensor& x, const Tensor& weight_ih, const Tensor& bias_ih, const Tensor& bias_hh);

/// The gradient of a step as a differentiable operation: {of the sums, of c}. `gates` and `next`, the results of the
/// step, are treated as functions of x_gates, h_gates and c.
std::tuple<Tensor, Tensor> lstm_step_grad(const Tensor& grad_h, const Tensor& grad_next, const Tensor& x_gates,
                                          const Tensor& h_gates, const Tensor& c, const Tensor& gates,
                                          const Tensor& next);

}  // namespace reel::detail
