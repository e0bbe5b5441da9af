#pragma once

#include <cstdint>

#include <reel/kernels/functors/rnn_cells.h>
#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>

/// Recurrent networks over sequences, and the elementwise part of a step. Tensors are row-major, with one row for each
/// sample: [rows, hidden], or [rows, gates, hidden] for what each gate has.
namespace reel::kernels {

/// The elementwise part of a step of some samples. Null inputs are zeros; what the kind does not have is not used.
struct RnnCellArgs {
  RnnKind kind;
  DType dtype;
  std::int64_t batch, hidden;
  const void* x;     // [batch, gates, hidden], the input's part of the sums
  const void* s;     // the state's part, without its bias
  const void* bias;  // [gates, hidden], the bias of that, which only a GRU has
  const void* h;     // [batch, hidden], the state before
  const void* c;
  void* kept;    // [batch, kept, hidden], for the gradient
  void* next_h;  // [batch, hidden], the state after
  void* next_c;
};

/// The same of its gradient.
struct RnnCellGradArgs {
  RnnKind kind;
  DType dtype;
  std::int64_t batch, hidden;
  const void* grad_h;  // [batch, hidden], of the output h'
  const void* grad_c;  // of c'
  const void* kept;
  const void* h;
  const void* c;
  const void* output;  // h'
  void* grad_x;        // [batch, gates, hidden], of x
  void* grad_s;        // the same of s, where the kind splits the sums
  /// What later steps add to the gradients of h' and c'; on return the gradients of h, where the kind carries it, and
  /// of c. The former lacks what passes through the sums.
  void* carried_h;
  void* carried_c;
};

/// Which rows of a tensor belong to which step. The longest sequences come first, so step t has the rows of the first
/// batch_sizes[t] samples, which never increase. The rows of a step follow those of the one before.
struct RnnSteps {
  const std::int64_t* batch_sizes;  // in the CPU's memory
  std::int64_t steps;
  bool reverse;  // whether the network begins with the last step
};

/// A whole sequence. There are `rows` rows of all steps together, and `batch` rows of first states.
struct RnnArgs {
  RnnKind kind;
  DType dtype;
  DType factors;  // of the products with the weight: the same, or bf16 under f32
  RnnSteps steps;
  std::int64_t batch, hidden;
  const void* x;       // [rows, gates, hidden]
  const void* weight;  // [gates * hidden, hidden] in `factors`; may be null without h0 and with a single step
  const void* bias;    // [gates, hidden] or null: zeros
  const void* h0;      // [batch, hidden]; null: zeros
  const void* c0;
  bool keeps;  // whether there is a gradient to come; else all steps share the memory of `kept`
  void* kept;  // [rows or batch, kept, hidden]
  void* h;     // [rows, hidden], the states after each step
  void* c;
};

/// Gradients that are null are zeros.
struct RnnGradArgs {
  RnnKind kind;
  DType dtype;
  DType factors;
  RnnSteps steps;
  std::int64_t batch, hidden;
  const void* grad_h;  // [rows, hidden], of h
  const void* grad_c;  // and of c
  const void* weight;  // what the forward call was given and has left
  const void* h0;
  const void* c0;
  const void* kept;
  const void* h;
  const void* c;
  void* grad_x;   // [rows, gates, hidden]
  void* grad_s;   // the same; the memory of grad_x where the kind does not split the sums
  void* grad_h0;  // [batch, hidden], zeros on entry; without `wants_h0` it holds no result
  void* grad_c0;
  bool wants_h0;
};

namespace cpu {
void rnn(const RnnArgs& args);
void rnn_grad(const RnnGradArgs& args);
void rnn_cell(const RnnCellArgs& args);
void rnn_cell_grad(const RnnCellGradArgs& args);
}  // namespace cpu
namespace cuda {
void rnn(const RnnArgs& args);
void rnn_grad(const RnnGradArgs& args);
void rnn_cell(const RnnCellArgs& args);
void rnn_cell_grad(const RnnCellGradArgs& args);
}  // namespace cuda

inline constexpr KernelTable<void(const RnnArgs&)> rnn{&cpu::rnn, &cuda::rnn};
inline constexpr KernelTable<void(const RnnGradArgs&)> rnn_grad{&cpu::rnn_grad, &cuda::rnn_grad};

}  // namespace reel::kernels
