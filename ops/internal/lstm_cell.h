#pragma once

#include <string_view>
#include <tuple>

#include <reel/tensor/tensor.h>

/// What one step of an LSTM and a sequence of them share. "Gates" are [batch, 4 hidden]: input, forget, cell, output.
namespace reel::detail {

/// The arguments of lstm and lstm_cell: throws unless they fit together. x is [..., batch, in].
void check_lstm(std::string_view op, const Tensor& x, const Tensor& h, const Tensor& c, const Tensor& weight_ih,
                const Tensor& weight_hh, const Tensor& bias_ih, const Tensor& bias_hh);

/// What x adds to the sums of the gates, with both biases; on the tape.
Tensor lstm_input_gates(const Tensor& x, const Tensor& weight_ih, const Tensor& bias_ih, const Tensor& bias_hh);

/// What a gradient of a step is made of, all row-major.
struct LstmStepGrad {
  Tensor grad_h, more_grad_h;        ///< Of h: a sum of up to two parts; undefined ones are zeros.
  Tensor grad_next, more_grad_next;  ///< Of the new c, likewise.
  Tensor gates, c, next;             ///< The gates, the c before (undefined: zeros), the new c.
};

/// The kernel: h and the new c from the two sums and c, and the gates into `gates`. All row-major; h_gates and c may be
/// undefined.
void run_lstm_step(const Tensor& x_gates, const Tensor& h_gates, const Tensor& c, const Tensor& gates,
                   const Tensor& next, const Tensor& h);
/// Its gradient: of the sums and of c, which may be `more_grad_next`.
void run_lstm_step_grad(const LstmStepGrad& args, const Tensor& grad_gates, const Tensor& grad_c);

/// The gradient of a step as an operation, {of the sums, of c}. `gates` and `next` are the step's results, which count
/// as functions of the inputs x_gates, h_gates and c, not as inputs.
std::tuple<Tensor, Tensor> lstm_step_grad(const Tensor& grad_h, const Tensor& grad_next, const Tensor& x_gates,
                                          const Tensor& h_gates, const Tensor& c, const Tensor& gates,
                                          const Tensor& next);

}  // namespace reel::detail
