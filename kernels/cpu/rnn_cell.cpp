// The elementwise part of a step of a recurrent network and its gradient on the CPU.

#include <algorithm>
#include <utility>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/rnn.h>

namespace reel::kernels::cpu {
namespace {

/// Hidden units of a sample that are processed together.
constexpr std::int64_t kUnits = 256;

/// Calls f with each number below n. The compiler sees constants.
template <int n, class F> [[gnu::always_inline]] inline void for_each_below(F&& f) {
  [&]<int... i>(std::integer_sequence<int, i...>) { (f(i), ...); }
  (std::make_integer_sequence<int, n>());
}

/// Some neighbouring units of a sample.
struct Tile {
  std::int64_t sample, unit, hidden;
};

/// What a tensor has for the units of a tile: its gates lie `stride` apart.
template <class T> struct Units {
  T* data;
  std::int64_t stride;

  T& operator()(int gate, std::int64_t i) const { return data[gate * stride + i]; }
};

template <class Cell, class T> struct Cells {
  static constexpr T zeros[kUnits] = {};

  /// A null tensor is zeros.
  static Units<const T> units(const void* tensor, int gates, Tile tile) {
    if (!tensor) return {zeros, 0};
    return {static_cast<const T*>(tensor) + tile.sample * gates * tile.hidden + tile.unit, tile.hidden};
  }
  static Units<T> units(void* tensor, int gates, Tile tile) {
    return {static_cast<T*>(tensor) + tile.sample * gates * tile.hidden + tile.unit, tile.hidden};
  }

  struct Step {
    Units<const T> x, s, bias, h, c;
    Units<T> kept, next_h, next_c;

    [[gnu::always_inline]] void operator()(std::int64_t i) const {
      T of_x[Cell::gates], of_s[Cell::gates], results[std::max(1, Cell::saved)];
      for_each_below<Cell::gates>([&](int g) {
        of_x[g] = x(g, i);
        of_s[g] = Cell::splits_sums ? s(g, i) + bias(g, i) : s(g, i);
      });
      const UnitState<T> before{Cell::carries_h ? h(0, i) : T(0), Cell::has_c ? c(0, i) : T(0)};
      const UnitState<T> after = Cell::step(of_x, of_s, before, results);
      for_each_below<Cell::saved>([&](int g) { kept(g, i) = results[g]; });
      next_h(0, i) = after.h;
      if constexpr (Cell::has_c) next_c(0, i) = after.c;
    }
  };

  struct StepGrad {
    Units<const T> grad_h, grad_c, kept, h, c, output;
    Units<T> grad_x, grad_s, carried_h, carried_c;

    [[gnu::always_inline]] void operator()(std::int64_t i) const {
      T values[std::max(1, Cell::saved)], to_x[Cell::gates], to_s[Cell::gates];
      for_each_below<Cell::saved>([&](int g) { values[g] = kept(g, i); });
      const UnitState<T> before{Cell::carries_h ? h(0, i) : T(0), Cell::has_c ? c(0, i) : T(0)};
      const UnitState<T> after{grad_h(0, i) + carried_h(0, i), Cell::has_c ? grad_c(0, i) + carried_c(0, i) : T(0)};
      const UnitState<T> grad = Cell::grad(values, before, Cell::needs_output ? output(0, i) : T(0), after, to_x, to_s);
      for_each_below<Cell::gates>([&](int g) {
        grad_x(g, i) = to_x[g];
        if constexpr (Cell::splits_sums) grad_s(g, i) = to_s[g];
      });
      if constexpr (Cell::carries_h) carried_h(0, i) = grad.h;
      if constexpr (Cell::has_c) carried_c(0, i) = grad.c;
    }
  };

  template <class Body> REEL_VECTOR_CLONES static void run(const Body& shared, std::int64_t n) {
    const Body body = shared;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) body(i);
  }
};

/// Calls `run(tile, n)` for tiles of n units, in parallel.
template <class F> void for_each_tile(std::int64_t batch, std::int64_t hidden, F&& run) {
  if (batch == 0 || hidden == 0) return;
  const std::int64_t tiles = (hidden + kUnits - 1) / kUnits, size = std::min(kUnits, hidden);
  parallel_for(batch * tiles, std::max<std::int64_t>(1, kGrain / 16 / size), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i % tiles * kUnits;
      run(Tile{i / tiles, first, hidden}, std::min(kUnits, hidden - first));
    }
  });
}

/// Calls `f.template operator()<Cell, T>()`.
template <class F> void with_cell_of(RnnKind kind, DType dtype, F&& f) {
  with_cell(kind, [&]<class Cell>() {
    dispatch<kWideFloating>(dtype, [&]<class T>() { f.template operator()<Cell, T>(); });
  });
}

}  // namespace

void rnn_cell(const RnnCellArgs& args) {
  with_cell_of(args.kind, args.dtype, [&]<class Cell, class T>() {
    for_each_tile(args.batch, args.hidden, [&](Tile tile, std::int64_t n) {
      using C = Cells<Cell, T>;
      const Tile for_all{0, tile.unit, tile.hidden};
      C::run(typename C::Step{C::units(args.x, Cell::gates, tile), C::units(args.s, Cell::gates, tile),
                              C::units(args.bias, Cell::gates, for_all), C::units(args.h, 1, tile),
                              C::units(args.c, 1, tile), C::units(args.kept, Cell::saved, tile),
                              C::units(args.next_h, 1, tile), C::units(args.next_c, 1, tile)},
             n);
    });
  });
}

void rnn_cell_grad(const RnnCellGradArgs& args) {
  with_cell_of(args.kind, args.dtype, [&]<class Cell, class T>() {
    for_each_tile(args.batch, args.hidden, [&](Tile tile, std::int64_t n) {
      using C = Cells<Cell, T>;
      C::run(typename C::StepGrad{C::units(args.grad_h, 1, tile), C::units(args.grad_c, 1, tile),
                                  C::units(args.kept, Cell::saved, tile), C::units(args.h, 1, tile),
                                  C::units(args.c, 1, tile), C::units(args.output, 1, tile),
                                  C::units(args.grad_x, Cell::gates, tile), C::units(args.grad_s, Cell::gates, tile),
                                  C::units(args.carried_h, 1, tile), C::units(args.carried_c, 1, tile)},
             n);
    });
  });
}

}  // namespace reel::kernels::cpu
