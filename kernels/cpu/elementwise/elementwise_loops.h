#pragma once

#include <cstdint>
#include <tuple>
#include <utility>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/streaming_stores.h>
#include <reel/kernels/elementwise.h>

/// The CPU's loops for every elementwise functor. The files beside this one instantiate them, a list of functors each.
namespace reel::kernels::cpu {

template <class F>
concept FirstIsBool = F::first_is_bool;

/// The C++ type of input I of F, called with dtype T.
template <class F, class T, std::size_t I> using InputType = std::conditional_t<FirstIsBool<F> && I == 0, bool, T>;

// A transposed input is contiguous along another dimension than the output. Row by row, each of its elements would
// fetch a cache line that is gone when the next row comes; rows of a tile of columns share the lines.

inline constexpr std::int64_t kTile = 64;

/// The dimension along which an input is contiguous, if it is not so along the innermost one and tiles are worth it;
/// else -1.
template <int Operands> int transposed_dim(const StridedLoop<Operands>& loop) {
  const int inner = loop.rank - 1;
  if (loop.rank == kMaxRank || loop.sizes[inner] < kTile) return -1;
  for (int k = 1; k < Operands; ++k) {
    if (loop.strides[k][inner] < 16) continue;
    for (int d = 0; d < inner; ++d) {
      if (loop.strides[k][d] == 1 && loop.sizes[d] >= 8) return d;
    }
  }
  return -1;
}

/// The innermost dimension cut into whole tiles, with the rows along `dim` inside: [..., tiles, dim, kTile].
template <int Operands> StridedLoop<Operands> tile_columns(const StridedLoop<Operands>& loop, int dim) {
  StridedLoop<Operands> out;
  const int inner = loop.rank - 1;
  const auto add = [&](int d, std::int64_t size, std::int64_t step) {
    out.sizes[out.rank] = size;
    for (int k = 0; k < Operands; ++k) out.strides[k][out.rank] = loop.strides[k][d] * step;
    ++out.rank;
  };
  for (int d = 0; d < inner; ++d) {
    if (d != dim) add(d, loop.sizes[d], 1);
  }
  add(inner, loop.sizes[inner] / kTile, kTile);
  add(dim, loop.sizes[dim], 1);
  add(inner, kTile, 1);
  return out;
}

template <class F, class T, class Indices> struct Loops;

template <class F, class T, std::size_t... I> struct Loops<F, T, std::index_sequence<I...>> {
  using Out = decltype(std::declval<const F&>()(std::declval<InputType<F, T, I>>()...));
  static constexpr int operands = F::arity + 1;
  static constexpr std::array<std::int64_t, operands> bytes{sizeof(Out), sizeof(InputType<F, T, I>)...};

  /// The output is contiguous; the inputs whose bit is set in `Expanded` are one value for the whole row, the others
  /// are contiguous. A function of its own, so that it is compiled for each level of vector instructions.
  template <unsigned Expanded>
  REEL_VECTOR_CLONES static void dense(F f, Out* out, const InputType<F, T, I>*... in, std::int64_t n) {
    const std::tuple<InputType<F, T, I>...> first(*in...);
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      out[i] = f((Expanded >> I & 1u ? std::get<I>(first) : in[Expanded >> I & 1u ? 0 : i])...);
    }
  }

  /// The loop for the rows whose inputs are expanded as `mask` says; none for all of them.
  template <unsigned... Mask> static auto dense_loop(unsigned mask, std::integer_sequence<unsigned, Mask...>) {
    DenseLoop loop = nullptr;
    ((mask == Mask ? void(loop = &dense<Mask>) : void()), ...);
    return loop;
  }

  using DenseLoop = void (*)(F, Out*, const InputType<F, T, I>*..., std::int64_t);

  /// Whether the result is too large to stay in the cache, where none of it lies yet.
  static bool wants_stream(const ElementwiseArgs<F::arity>& args) {
    return is_streamed<Out>(args.loop.numel()) && ((args.data[I + 1] != args.data[0]) && ...);
  }

  static void strided(F f, Out* out, const InputType<F, T, I>*... in, std::int64_t n, const std::int64_t* s) {
    for (std::int64_t i = 0; i < n; ++i) out[i * s[0]] = f(in[i * s[I + 1]]...);
  }

  /// Elements [begin, end) of the whole loop nest: rows of the innermost dimension.
  static void range(const F& f, const ElementwiseArgs<F::arity>& args, std::int64_t begin, std::int64_t end,
                    bool past_cache = false) {
    const auto& loop = args.loop;
    const int inner = loop.rank - 1;
    std::array<std::int64_t, operands> step{};
    for (int k = 0; k < operands; ++k) step[k] = loop.strides[k][inner];
    const bool dense_rows = step[0] == 1 && (((step[I + 1] | 1) == 1) && ...);  // every stride is 0 or 1
    const unsigned expanded = ((step[I + 1] == 0 ? 1u << I : 0u) | ...);
    constexpr auto masks = std::make_integer_sequence<unsigned, (1u << sizeof...(I)) - 1>();
    const auto dense_row = dense_rows ? dense_loop(expanded, masks) : nullptr;
    const auto run_row = [&](Out* out, const InputType<F, T, I>*... in, std::int64_t n) {
      if (!dense_row) {
        strided(f, out, in..., n, step.data());
      } else if (past_cache && n >= 1024) {
        stream_pieces(
            out, n,
            [&](std::int64_t first, std::int64_t count, Out* buffer) {
              dense_row(f, buffer, in + first * step[I + 1]..., count);
            },
            std::array{StreamInput{in, step[I + 1] * bytes[I + 1]}...});
        finish_stream();
      } else {
        dense_row(f, out, in..., n);
      }
    };
    if (inner == 0) {  // the most frequent case, without divisions
      return run_row(static_cast<Out*>(args.data[0]) + begin * step[0],
                     static_cast<const InputType<F, T, I>*>(args.data[I + 1]) + begin * step[I + 1]..., end - begin);
    }

    // Where the range begins; from there on the position advances like an odometer, without divisions.
    std::int64_t column = begin % loop.sizes[inner], rest = begin / loop.sizes[inner];
    std::array<std::int64_t, kMaxRank> position{};
    std::array<char*, operands> data;
    for (int k = 0; k < operands; ++k) data[k] = static_cast<char*>(args.data[k]) + column * step[k] * bytes[k];
    for (int d = inner - 1; d >= 0; --d) {
      position[d] = rest % loop.sizes[d];
      rest /= loop.sizes[d];
      for (int k = 0; k < operands; ++k) data[k] += position[d] * loop.strides[k][d] * bytes[k];
    }
    for (;;) {
      const std::int64_t n = std::min(loop.sizes[inner] - column, end - begin);
      Out* out = reinterpret_cast<Out*>(data[0]);
      run_row(out, reinterpret_cast<const InputType<F, T, I>*>(data[I + 1])..., n);
      begin += n;
      if (begin == end) return;
      for (int k = 0; k < operands; ++k) data[k] -= column * step[k] * bytes[k];
      column = 0;
      for (int d = inner - 1;; --d) {
        const bool carry = ++position[d] == loop.sizes[d];
        const std::int64_t move = carry ? 1 - loop.sizes[d] : 1;
        for (int k = 0; k < operands; ++k) data[k] += move * loop.strides[k][d] * bytes[k];
        if (!carry) break;
        position[d] = 0;
      }
    }
  }

  static void run(const F& f, const ElementwiseArgs<F::arity>& args) {
    const std::int64_t n = args.loop.numel();
    if (n <= kGrain) {
      if (n > 0) range(f, args, 0, n);
      return;
    }
    if (const int along = transposed_dim(args.loop); along >= 0) return run_tiled(f, args, along);
    const bool past_cache = wants_stream(args);
    parallel_for(n, past_cache ? kStreamedGrain : kGrain,
                 [&](std::int64_t begin, std::int64_t end) { range(f, args, begin, end, past_cache); });
  }

  /// The columns in tiles, and what is left of them.
  static void run_tiled(const F& f, ElementwiseArgs<F::arity> args, int along) {
    auto rest = args;
    const int inner = args.loop.rank - 1;
    const std::int64_t tiled = args.loop.sizes[inner] / kTile * kTile;
    rest.loop.sizes[inner] -= tiled;
    for (int k = 0; k < operands; ++k) {
      rest.data[k] = static_cast<char*>(args.data[k]) + tiled * args.loop.strides[k][inner] * bytes[k];
    }
    args.loop = tile_columns(args.loop, along);
    for (const auto& part : {args, rest}) {
      parallel_for(part.loop.numel(), kGrain,
                   [&](std::int64_t begin, std::int64_t end) { range(f, part, begin, end); });
    }
  }
};

template <class F> void elementwise(const F& f, const ElementwiseArgs<F::arity>& args) {
  dispatch<F::dtypes>(args.dtype, [&]<class T>() { Loops<F, T, std::make_index_sequence<F::arity>>::run(f, args); });
}

/// Taking the address of each instantiation makes the compiler emit it; a namespace-scope constant keeps it.
template <class... F> constexpr auto instantiate(FunctorList<F...>) { return std::tuple{&elementwise<F>...}; }

}  // namespace reel::kernels::cpu
