#pragma once

#include <cstdint>

#include <reel/kernels/functors/activations.h>
#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>

/// An LSTM over a sequence, and the elementwise part of a step (Hochreiter and Schmidhuber 1997, with the forget gate
/// of Gers et al. 2000), after its matrix products. Tensors are row-major; gates are [batch, 4, hidden] in the order
/// input, forget, cell, output.
namespace reel::kernels {

/// The activated gates of a unit.
template <class T> struct LstmGates { T input, forget, cell, output; };

/// The state of a unit.
template <class T> struct LstmState { T c, h; };

/// The activations of a unit's pre-activations.
template <class T> REEL_HD LstmGates<T> lstm_gates(T input, T forget, T cell, T output) {
  const Sigmoid sigmoid;
  return {sigmoid(input), sigmoid(forget), math::tanh(cell), sigmoid(output)};
}

/// c' = forget c + input cell, h = output tanh(c').
template <class T> REEL_HD LstmState<T> lstm_state(const LstmGates<T>& gate, T c) {
  const T next = gate.forget * c + gate.input * gate.cell;
  return {next, gate.output * math::tanh(next)};
}

/// The gradients of the four pre-activations and of c, from those of h and c'. `grad_c` is that of c' on entry and that
/// of c on return.
template <class T> REEL_HD LstmGates<T> lstm_grad(const LstmGates<T>& gate, T c, T next, T grad_h, T& grad_c) {
  const SigmoidGrad sigmoid;
  const TanhGrad tanh;
  const T tanh_c = math::tanh(next), grad_next = grad_c + tanh(grad_h * gate.output, tanh_c);
  grad_c = grad_next * gate.forget;
  return {sigmoid(grad_next * gate.cell, gate.input), sigmoid(grad_next * c, gate.forget),
          tanh(grad_next * gate.input, gate.cell), sigmoid(grad_h * tanh_c, gate.output)};
}

struct LstmCellArgs {
  DType dtype;
  std::int64_t batch, hidden;
  const void* x_gates;  // the pre-activations are x_gates, the input's part,
  const void* h_gates;  // plus h_gates, the previous state's part; null: zeros
  const void* c;        // [batch, hidden], the previous cell state; null: zeros
  void* gates;          // the activated gates, for the gradient
  void* next;           // [batch, hidden], the cell state c'
  void* h;              // [batch, hidden], the output
};

/// Gradients that are null are zeros.
struct LstmCellGradArgs {
  DType dtype;
  std::int64_t batch, hidden;
  const void* grad_h;       // the gradient of h, [batch, hidden], is grad_h
  const void* more_grad_h;  // plus more_grad_h, from the next step
  const void* grad_next;    // the same for c'
  const void* more_grad_next;
  const void* gates;
  const void* c;  // null: zeros
  const void* next;
  void* grad_gates;  // of the pre-activations
  void* grad_c;      // of c; may be the memory of more_grad_next
};

/// All steps of a sequence. Tensors are [steps, batch, ...].
struct LstmArgs {
  DType dtype;
  DType factors;  // of the products with the weight: the same, or bf16 under f32
  std::int64_t steps, batch, hidden;
  const void* x_gates;  // [steps, batch, 4, hidden], the input's part of the pre-activations
  const void* h0;       // [batch, hidden], the first states; null: zeros
  const void* c0;
  const void* weight;  // [4 hidden, hidden] in `factors`
  bool keeps_gates;    // for the gradient; else all steps share the memory of one
  void* gates;         // [steps or 1, batch, 4, hidden]
  void* c;             // [steps, batch, hidden]
  void* h;             // the same
};

/// Gradients that are null are zeros.
struct LstmGradArgs {
  DType dtype;
  DType factors;
  std::int64_t steps, batch, hidden;
  const void* grad_h;  // [steps, batch, hidden], of h
  const void* grad_c;  // and of c
  const void* gates;   // what the forward call was given and has left
  const void* c0;
  const void* c;
  const void* weight;
  void* grad_gates;  // [steps, batch, 4, hidden], of the pre-activations
  void* grad_c0;     // [batch, hidden]
  void* grad_h0;     // [batch, hidden]; without `wants_h0` it holds no result
  bool wants_h0;
};

namespace cpu {
void lstm_sequence(const LstmArgs& args);
void lstm_sequence_grad(const LstmGradArgs& args);
void lstm_cell(const LstmCellArgs& args);
void lstm_cell_grad(const LstmCellGradArgs& args);
}  // namespace cpu
namespace cuda {
void lstm_sequence(const LstmArgs& args);
void lstm_sequence_grad(const LstmGradArgs& args);
void lstm_cell(const LstmCellArgs& args);
void lstm_cell_grad(const LstmCellGradArgs& args);
}  // namespace cuda

inline constexpr KernelTable<void(const LstmArgs&)> lstm_sequence{&cpu::lstm_sequence, &cuda::lstm_sequence};
inline constexpr KernelTable<void(const LstmGradArgs&)> lstm_sequence_grad{&cpu::lstm_sequence_grad,
                                                                           &cuda::lstm_sequence_grad};
inline constexpr KernelTable<void(const LstmCellArgs&)> lstm_cell{&cpu::lstm_cell, &cuda::lstm_cell};
inline constexpr KernelTable<void(const LstmCellGradArgs&)> lstm_cell_grad{&cpu::lstm_cell_grad, &cuda::lstm_cell_grad};

}  // namespace reel::kernels
