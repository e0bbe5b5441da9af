#pragma once

#include <cstdint>

#include <reel/kernels/functors/activations.h>
#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>

/// One step of an LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000) behind its products:
/// what happens to each hidden unit. Tensors are row-major; the four gates of a sample, input, forget, cell and output,
/// follow each other: [batch, 4, hidden].
namespace reel::kernels {

/// The gates of a unit behind their functions.
template <class T> struct LstmGates { T input, forget, cell, output; };

/// The new state of a unit.
template <class T> struct LstmState { T c, h; };

/// What the functions make of the sums of a unit's inputs.
template <class T> REEL_HD LstmGates<T> lstm_gates(T input, T forget, T cell, T output) {
  const Sigmoid sigmoid;
  return {sigmoid(input), sigmoid(forget), math::tanh(cell), sigmoid(output)};
}

/// c' = forget c + input cell, h = output tanh(c').
template <class T> REEL_HD LstmState<T> lstm_state(const LstmGates<T>& gate, T c) {
  const T next = gate.forget * c + gate.input * gate.cell;
  return {next, gate.output * math::tanh(next)};
}

/// From the gradients of h and c' those of the four sums (in the result) and of c (in `grad_c`, which comes with that
/// of c').
template <class T> REEL_HD LstmGates<T> lstm_grad(const LstmGates<T>& gate, T c, T next, T grad_h, T& grad_c) {
  const SigmoidGrad sigmoid;
  const TanhGrad tanh;
  const T squashed = math::tanh(next), grad_next = grad_c + tanh(grad_h * gate.output, squashed);
  grad_c = grad_next * gate.forget;
  return {sigmoid(grad_next * gate.cell, gate.input), sigmoid(grad_next * c, gate.forget),
          tanh(grad_next * gate.input, gate.cell), sigmoid(grad_h * squashed, gate.output)};
}

struct LstmCellArgs {
  DType dtype;
  std::int64_t batch, hidden;
  const void* x_gates;  // the sums of the gates: those of the input...
  const void* h_gates;  // ...and of the state before; null: zeros
  const void* c;        // [batch, hidden], the state before; null: zeros
  void* gates;          // the gates, for the gradient
  void* next;           // [batch, hidden], the state c'
  void* h;              // [batch, hidden], the output
};

/// Gradients that are null are zeros.
struct LstmCellGradArgs {
  DType dtype;
  std::int64_t batch, hidden;
  const void* grad_h;       // of h, [batch, hidden]...
  const void* more_grad_h;  // ...what the next step adds to it
  const void* grad_next;    // of c'
  const void* more_grad_next;
  const void* gates;
  const void* c;  // null: zeros
  const void* next;
  void* grad_gates;  // of the sums of the gates
  void* grad_c;      // of c; may be the memory of more_grad_next
};

namespace cpu {
void lstm_cell(const LstmCellArgs& args);
void lstm_cell_grad(const LstmCellGradArgs& args);
}  // namespace cpu
namespace cuda {
void lstm_cell(const LstmCellArgs& args);
void lstm_cell_grad(const LstmCellGradArgs& args);
}  // namespace cuda

inline constexpr KernelTable<void(const LstmCellArgs&)> lstm_cell{&cpu::lstm_cell, &cuda::lstm_cell};
inline constexpr KernelTable<void(const LstmCellGradArgs&)> lstm_cell_grad{&cpu::lstm_cell_grad, &cuda::lstm_cell_grad};

}  // namespace reel::kernels
