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

/// The inputs of the gradient of a step, all row-major.
struct LstmStepGrad {
  Tensor grad_h, more_grad_h;        ///< The gradient of h, a sum of two; undefined ones are zeros.
  Tensor grad_next, more_grad_next;  ///< That of the new c, likewise.
  Tensor gates, c, next;             ///< The gates, the old c (undefined: zeros) and the new c.
};

/// Runs the kernel: `gates`, the new c (`next`) and h from the parts of the sums, x_gates and h_gates, and c. All are
/// row-major; h_gates and c may be undefined.
void run_lstm_step(const Tensor& x_gates, const Tensor& h_gates, const Tensor& c, const Tensor& gates,
                   const Tensor& next, const Tensor& h);
/// Runs the kernel of the gradient; grad_c may be the same tensor as `more_grad_next`.
void run_lstm_step_grad(const LstmStepGrad& args, const Tensor& grad_gates, const Tensor& grad_c);

/// The gradient of a step as a differentiable operation: {of the sums, of c}. `gates` and `next`, the results of the
/// step, are treated as functions of x_gates, h_gates and c.
std::tuple<Tensor, Tensor> lstm_step_grad(const Tensor& grad_h, const Tensor& grad_next, const Tensor& x_gates,
                                          const Tensor& h_gates, const Tensor& c, const Tensor& gates,
                                          const Tensor& next);

}  // namespace reel::detail
