// The LSTM cell and its gradient on the GPU, with one thread per hidden unit or per vector of units.

#include <reel/kernels/lstm.h>

#include <reel/kernels/cuda/images.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

/// The vector of a thread; zeros if the operand is null.
template <class T, int N> __device__ Vector<T, N> load(const Vector<T, N>* x, std::int64_t i) {
  return x ? x[i] : Vector<T, N>{};
}

/// The sum of two such operands.
template <class T, int N>
__device__ Vector<T, N> load_sum(const Vector<T, N>* x, const Vector<T, N>* y, std::int64_t i) {
  Vector<T, N> sum = load(x, i);
  const Vector<T, N> more = load(y, i);
  for (int k = 0; k < N; ++k) sum.value[k] += more.value[k];
  return sum;
}

template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    step(Divisor<Int> hidden, Int n, const Vector<T, N>* x, const Vector<T, N>* more, const Vector<T, N>* c,
         Vector<T, N>* gates, Vector<T, N>* next, Vector<T, N>* h) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const Int width = hidden, at = i / hidden * 3 * width + i;  // of the first gate
  Vector<T, N> input = load_sum(x, more, at), forget = load_sum(x, more, at + width);
  Vector<T, N> cell = load_sum(x, more, at + 2 * width), output = load_sum(x, more, at + 3 * width);
  Vector<T, N> state = load(c, i), out;
  for (int k = 0; k < N; ++k) {
    const LstmGates<T> gate = lstm_gates(input.value[k], forget.value[k], cell.value[k], output.value[k]);
    const LstmState<T> result = lstm_state(gate, state.value[k]);
    input.value[k] = gate.input;
    forget.value[k] = gate.forget;
    cell.value[k] = gate.cell;
    output.value[k] = gate.output;
    state.value[k] = result.c;
    out.value[k] = result.h;
  }
  gates[at] = input;
  gates[at + width] = forget;
  gates[at + 2 * width] = cell;
  gates[at + 3 * width] = output;
  next[i] = state;
  h[i] = out;
}

/// `grad_c` may be the memory of `more_grad_next`.
template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    step_grad(Divisor<Int> hidden, Int n, const Vector<T, N>* grad_h, const Vector<T, N>* more_grad_h,
              const Vector<T, N>* grad_next, const Vector<T, N>* more_grad_next, const Vector<T, N>* gates,
              const Vector<T, N>* c, const Vector<T, N>* next, Vector<T, N>* grad_gates, Vector<T, N>* grad_c) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const Int width = hidden, at = i / hidden * 3 * width + i;
  Vector<T, N> input = gates[at], forget = gates[at + width];
  Vector<T, N> cell = gates[at + 2 * width], output = gates[at + 3 * width];
  const Vector<T, N> upper = load_sum(grad_h, more_grad_h, i), before = load(c, i), after = next[i];
  Vector<T, N> grad = load_sum(grad_next, more_grad_next, i);
  for (int k = 0; k < N; ++k) {
    const LstmGates<T> gate{input.value[k], forget.value[k], cell.value[k], output.value[k]};
    const LstmGates<T> out = lstm_grad(gate, before.value[k], after.value[k], upper.value[k], grad.value[k]);
    input.value[k] = out.input;
    forget.value[k] = out.forget;
    cell.value[k] = out.cell;
    output.value[k] = out.output;
  }
  grad_gates[at] = input;
  grad_gates[at + width] = forget;
  grad_gates[at + 2 * width] = cell;
  grad_gates[at + 3 * width] = output;
  grad_c[i] = grad;
}

/// Calls `f.template operator()<T, N, Int>(hidden, n)` for n threads with N units of a sample each; `hidden` counts
/// vectors.
template <class F> void with_units(DType dtype, std::int64_t batch, std::int64_t hidden,
                                   std::initializer_list<const void*> pointers, F&& f) {
  if (batch * hidden == 0) return;
  dispatch<kFloating>(dtype, [&]<class T>() {
    with_vectors<T>(hidden, pointers, [&]<int N>() {
      with_positions(4 * batch * hidden, [&]<class Int>() {
        f.template operator()<T, N, Int>(Divisor<Int>(hidden / N), static_cast<Int>(batch * hidden / N));
      });
    });
  });
}

}  // namespace

void lstm_cell(const LstmCellArgs& args) {
  with_units(args.dtype, args.batch, args.hidden, {args.x_gates, args.h_gates, args.c, args.gates, args.next, args.h},
             [&]<class T, int N, class Int>(const Divisor<Int>& hidden, Int n) {
               using V = Vector<T, N>;
               launch(step<T, N, Int>, blocks_for(n, kThreads), kThreads, 0, hidden, n,
                      static_cast<const V*>(args.x_gates), static_cast<const V*>(args.h_gates),
                      static_cast<const V*>(args.c), static_cast<V*>(args.gates), static_cast<V*>(args.next),
                      static_cast<V*>(args.h));
             });
}

void lstm_cell_grad(const LstmCellGradArgs& args) {
  with_units(args.dtype, args.batch, args.hidden,
             {args.grad_h, args.more_grad_h, args.grad_next, args.more_grad_next, args.gates, args.c, args.next,
              args.grad_gates, args.grad_c},
             [&]<class T, int N, class Int>(const Divisor<Int>& hidden, Int n) {
               using V = Vector<T, N>;
               launch(step_grad<T, N, Int>, blocks_for(n, kThreads), kThreads, 0, hidden, n,
                      static_cast<const V*>(args.grad_h), static_cast<const V*>(args.more_grad_h),
                      static_cast<const V*>(args.grad_next), static_cast<const V*>(args.more_grad_next),
                      static_cast<const V*>(args.gates), static_cast<const V*>(args.c),
                      static_cast<const V*>(args.next), static_cast<V*>(args.grad_gates), static_cast<V*>(args.grad_c));
             });
}

}  // namespace reel::kernels::cuda
