// The elementwise part of a step of a recurrent network and its gradient on the GPU, with one thread for each hidden
// unit or vector of units.

#include <reel/kernels/cuda/images.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/rnn.h>

namespace reel::kernels::cuda {
namespace {

/// The position of a thread's units: in [batch, hidden] it is `i`.
template <class Int> struct Position {
  Int i, sample, hidden;

  /// In [batch, gates, hidden].
  __device__ Int at(int gate, int gates) const { return i + (sample * (gates - 1) + gate) * hidden; }
  /// In [gates, hidden], which is that of all samples.
  __device__ Int for_all(int gate) const { return i + (gate - sample) * hidden; }
};

/// The vector at a position; zeros if the operand is null.
template <class V, class Int> __device__ V load(const V* x, Int i) { return x ? x[i] : V{}; }

/// Pointers as in RnnCellArgs.
template <class V> struct Step {
  const V *x, *s, *bias, *h, *c;
  V *kept, *next_h, *next_c;
};

template <class Cell, class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    step(Divisor<Int> hidden, Int n, Step<Vector<T, N>> p) {
  using V = Vector<T, N>;
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const Position<Int> position{i, i / hidden, hidden};
  V x[Cell::gates], s[Cell::gates], kept[Cell::saved > 0 ? Cell::saved : 1], next_h, next_c;
  for (int g = 0; g < Cell::gates; ++g) {
    x[g] = p.x[position.at(g, Cell::gates)];
    s[g] = load(p.s, position.at(g, Cell::gates));
    if constexpr (Cell::splits_sums) {
      const V bias = load(p.bias, position.for_all(g));
      for (int k = 0; k < N; ++k) s[g].value[k] += bias.value[k];
    }
  }
  const V h = Cell::carries_h ? load(p.h, i) : V{}, c = Cell::has_c ? load(p.c, i) : V{};
  for (int k = 0; k < N; ++k) {
    T of_x[Cell::gates], of_s[Cell::gates], results[Cell::saved > 0 ? Cell::saved : 1];
    for (int g = 0; g < Cell::gates; ++g) {
      of_x[g] = x[g].value[k];
      of_s[g] = s[g].value[k];
    }
    const UnitState<T> after = Cell::step(of_x, of_s, UnitState<T>{h.value[k], c.value[k]}, results);
    for (int g = 0; g < Cell::saved; ++g) kept[g].value[k] = results[g];
    next_h.value[k] = after.h;
    next_c.value[k] = after.c;
  }
  for (int g = 0; g < Cell::saved; ++g) p.kept[position.at(g, Cell::saved)] = kept[g];
  p.next_h[i] = next_h;
  if constexpr (Cell::has_c) p.next_c[i] = next_c;
}

/// Pointers as in RnnCellGradArgs.
template <class V> struct StepGrad {
  const V *grad_h, *grad_c, *kept, *h, *c, *output;
  V *grad_x, *grad_s, *carried_h, *carried_c;
};

template <class Cell, class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    step_grad(Divisor<Int> hidden, Int n, StepGrad<Vector<T, N>> p) {
  using V = Vector<T, N>;
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const Position<Int> position{i, i / hidden, hidden};
  V kept[Cell::saved > 0 ? Cell::saved : 1], grad_x[Cell::gates], grad_s[Cell::gates];
  for (int g = 0; g < Cell::saved; ++g) kept[g] = p.kept[position.at(g, Cell::saved)];
  const V h = Cell::carries_h ? load(p.h, i) : V{}, c = Cell::has_c ? load(p.c, i) : V{};
  const V output = Cell::needs_output ? p.output[i] : V{}, grad_h = load(p.grad_h, i);
  const V grad_c = Cell::has_c ? load(p.grad_c, i) : V{};
  V carried_h = p.carried_h[i], carried_c = Cell::has_c ? p.carried_c[i] : V{};
  for (int k = 0; k < N; ++k) {
    T values[Cell::saved > 0 ? Cell::saved : 1], to_x[Cell::gates], to_s[Cell::gates];
    for (int g = 0; g < Cell::saved; ++g) values[g] = kept[g].value[k];
    const UnitState<T> after{grad_h.value[k] + carried_h.value[k], grad_c.value[k] + carried_c.value[k]};
    const UnitState<T> grad =
        Cell::grad(values, UnitState<T>{h.value[k], c.value[k]}, output.value[k], after, to_x, to_s);
    for (int g = 0; g < Cell::gates; ++g) {
      grad_x[g].value[k] = to_x[g];
      if constexpr (Cell::splits_sums) grad_s[g].value[k] = to_s[g];
    }
    carried_h.value[k] = grad.h;
    carried_c.value[k] = grad.c;
  }
  for (int g = 0; g < Cell::gates; ++g) {
    p.grad_x[position.at(g, Cell::gates)] = grad_x[g];
    if constexpr (Cell::splits_sums) p.grad_s[position.at(g, Cell::gates)] = grad_s[g];
  }
  if constexpr (Cell::carries_h) p.carried_h[i] = carried_h;
  if constexpr (Cell::has_c) p.carried_c[i] = carried_c;
}

/// Calls `f.template operator()<Cell, T, N, Int>(hidden, n)` for n threads with N units of a sample each; `hidden`
/// counts vectors.
template <class Args, class F> void with_units(const Args& args, std::initializer_list<const void*> pointers, F&& f) {
  if (args.batch * args.hidden == 0) return;
  with_cell(args.kind, [&]<class Cell>() {
    dispatch<kWideFloating>(args.dtype, [&]<class T>() {
      with_vectors<T>(args.hidden, pointers, [&]<int N>() {
        with_positions(4 * args.batch * args.hidden, [&]<class Int>() {
          f.template operator()<Cell, T, N, Int>(Divisor<Int>(args.hidden / N),
                                                 static_cast<Int>(args.batch * args.hidden / N));
        });
      });
    });
  });
}

}  // namespace

void rnn_cell(const RnnCellArgs& args) {
  with_units(args, {args.x, args.s, args.bias, args.h, args.c, args.kept, args.next_h, args.next_c},
             [&]<class Cell, class T, int N, class Int>(const Divisor<Int>& hidden, Int n) {
               using V = Vector<T, N>;
               const Step<V> pointers{static_cast<const V*>(args.x),    static_cast<const V*>(args.s),
                                      static_cast<const V*>(args.bias), static_cast<const V*>(args.h),
                                      static_cast<const V*>(args.c),    static_cast<V*>(args.kept),
                                      static_cast<V*>(args.next_h),     static_cast<V*>(args.next_c)};
               launch(step<Cell, T, N, Int>, blocks_for(n, kThreads), kThreads, 0, hidden, n, pointers);
             });
}

void rnn_cell_grad(const RnnCellGradArgs& args) {
  with_units(args,
             {args.grad_h, args.grad_c, args.kept, args.h, args.c, args.output, args.grad_x, args.grad_s,
              args.carried_h, args.carried_c},
             [&]<class Cell, class T, int N, class Int>(const Divisor<Int>& hidden, Int n) {
               using V = Vector<T, N>;
               const StepGrad<V> pointers{static_cast<const V*>(args.grad_h), static_cast<const V*>(args.grad_c),
                                          static_cast<const V*>(args.kept),   static_cast<const V*>(args.h),
                                          static_cast<const V*>(args.c),      static_cast<const V*>(args.output),
                                          static_cast<V*>(args.grad_x),       static_cast<V*>(args.grad_s),
                                          static_cast<V*>(args.carried_h),    static_cast<V*>(args.carried_c)};
               launch(step_grad<Cell, T, N, Int>, blocks_for(n, kThreads), kThreads, 0, hidden, n, pointers);
             });
}

}  // namespace reel::kernels::cuda
