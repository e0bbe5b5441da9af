// The LSTM cell and its gradient on the CPU.

#include <reel/kernels/lstm.h>

#include <algorithm>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {
namespace {

/// Hidden units of a sample that are processed together.
constexpr std::int64_t kUnits = 256;

/// The offset of a tile of units in [batch, hidden] and in [batch, 4, hidden].
struct TileOffset {
  std::int64_t unit, gate;
};

/// Calls `body(offset, n)` for tiles of n units, in parallel.
template <class F> void for_each_tile(std::int64_t batch, std::int64_t hidden, F&& body) {
  if (batch == 0 || hidden == 0) return;
  const std::int64_t tiles = (hidden + kUnits - 1) / kUnits, size = std::min(kUnits, hidden);
  parallel_for(batch * tiles, std::max<std::int64_t>(1, kGrain / 16 / size), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t row = i / tiles, first = i % tiles * kUnits;
      body(TileOffset{row * hidden + first, row * hidden * 4 + first}, std::min(kUnits, hidden - first));
    }
  });
}

/// Pointers to the four gates of neighbouring units.
template <class T> struct Gates {
  T *input, *forget, *cell, *output;

  Gates(T* first, std::int64_t hidden)
      : input(first), forget(first + hidden), cell(first + 2 * hidden), output(first + 3 * hidden) {}
};

template <class T> struct Cells {
  static constexpr T zeros[kUnits] = {};

  /// data + at, or zeros if `data` is null.
  static const T* part(const void* data, std::int64_t at) { return data ? static_cast<const T*>(data) + at : zeros; }
  static Gates<const T> gates(const void* data, std::int64_t at, std::int64_t hidden) {
    return {part(data, at), data ? hidden : 0};
  }
  static Gates<T> gates(void* data, std::int64_t at, std::int64_t hidden) {
    return {static_cast<T*>(data) + at, hidden};
  }

  REEL_VECTOR_CLONES static void step(Gates<const T> x, Gates<const T> more, const T* c, std::int64_t n, Gates<T> gates,
                                      T* next, T* h) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      const LstmGates<T> gate = lstm_gates(x.input[i] + more.input[i], x.forget[i] + more.forget[i],
                                           x.cell[i] + more.cell[i], x.output[i] + more.output[i]);
      const LstmState<T> state = lstm_state(gate, c[i]);
      gates.input[i] = gate.input;
      gates.forget[i] = gate.forget;
      gates.cell[i] = gate.cell;
      gates.output[i] = gate.output;
      next[i] = state.c;
      h[i] = state.h;
    }
  }

  static void forward(const LstmCellArgs& args) {
    for_each_tile(args.batch, args.hidden, [&](TileOffset at, std::int64_t n) {
      step(gates(args.x_gates, at.gate, args.hidden), gates(args.h_gates, at.gate, args.hidden), part(args.c, at.unit),
           n, gates(args.gates, at.gate, args.hidden), static_cast<T*>(args.next) + at.unit,
           static_cast<T*>(args.h) + at.unit);
    });
  }

  /// The gradients of h and c' of a tile.
  struct OutputGrads {
    alignas(64) T grad_h[kUnits], grad_c[kUnits];
  };
  REEL_VECTOR_CLONES static void add(const T* a, const T* b, std::int64_t n, T* sum) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) sum[i] = a[i] + b[i];
  }
  REEL_VECTOR_CLONES static void step_grad(const OutputGrads& grads, Gates<const T> gates, const T* c, const T* next,
                                           std::int64_t n, Gates<T> grad_gates, T* grad_c) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      T grad = grads.grad_c[i];
      const LstmGates<T> out = lstm_grad(LstmGates<T>{gates.input[i], gates.forget[i], gates.cell[i], gates.output[i]},
                                         c[i], next[i], grads.grad_h[i], grad);
      grad_gates.input[i] = out.input;
      grad_gates.forget[i] = out.forget;
      grad_gates.cell[i] = out.cell;
      grad_gates.output[i] = out.output;
      grad_c[i] = grad;
    }
  }

  static void backward(const LstmCellGradArgs& args) {
    for_each_tile(args.batch, args.hidden, [&](TileOffset at, std::int64_t n) {
      OutputGrads grads;
      add(part(args.grad_h, at.unit), part(args.more_grad_h, at.unit), n, grads.grad_h);
      add(part(args.grad_next, at.unit), part(args.more_grad_next, at.unit), n, grads.grad_c);
      step_grad(grads, gates(args.gates, at.gate, args.hidden), part(args.c, at.unit), part(args.next, at.unit), n,
                gates(args.grad_gates, at.gate, args.hidden), static_cast<T*>(args.grad_c) + at.unit);
    });
  }
};

}  // namespace

void lstm_cell(const LstmCellArgs& args) {
  dispatch<kFloating>(args.dtype, [&]<class T>() { Cells<T>::forward(args); });
}

void lstm_cell_grad(const LstmCellGradArgs& args) {
  dispatch<kFloating>(args.dtype, [&]<class T>() { Cells<T>::backward(args); });
}

}  // namespace reel::kernels::cpu
