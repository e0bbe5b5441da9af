#pragma once

#include <reel/kernels/announce.h>
#include <reel/kernels/cuda/dim_reduction.h>
#include <reel/kernels/cuda/divisor.h>

/// The loops that the GPU's reductions of a block [outer, n, inner] share. A reduction is an object with
///   In, State           the elements, and a partial result of trivial type;
///   start(), fill()     what combining with changes nothing, and what may stand for elements that there are not;
///   fold<V>(state, x, count, first, step)    the partial result with `count` more elements: x, filled up, of which
///                       element k is at first + k / V * step + k % V;
///   combine(a, b)       of any two parts;
///   store(i, state)     writes result i.
/// A State is that of any number of elements: for f32 sums it is f64.
namespace reel::kernels::cuda::reduction {

template <class A, int V> __global__ void __launch_bounds__(kSliceThreads, 1)
    reduce_rows(A a, const typename A::In* x, typename A::State* parts, std::int64_t outer, std::int64_t n,
                std::int64_t piece, bool aligned) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  const std::int64_t begin = blockIdx.y * piece, end = begin + piece < n ? begin + piece : n, step = blockDim.x * V;
  auto state = a.start();
  if (row < outer) {
    for (std::int64_t i = begin + threadIdx.x * V; i < end; i += kUnroll * step) {
      typename A::In chunk[kUnroll * V];
      const int count = load_row<V>(x + row * n, i, end, step, aligned, a.fill(), chunk);
      state = a.template fold<V>(state, chunk, count, i, step);
    }
  }
  state = row_reduce(state, a.start(), [](auto p, auto q) { return A::combine(p, q); });
  if (row < outer && threadIdx.x == 0) {
    const std::int64_t i = row * gridDim.y + blockIdx.y;
    if (parts) parts[i] = state;
    else a.store(i, state);
  }
}

template <class A> __global__ void __launch_bounds__(kSliceThreads, 1)
    reduce_columns(A a, const typename A::In* x, typename A::State* parts, std::int64_t columns, std::int64_t n,
                   Divisor<std::int64_t> inner, std::int64_t piece) {
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const std::int64_t begin = blockIdx.y * piece, end = begin + piece < n ? begin + piece : n;
  const std::int64_t o = column / inner, j = column % inner;
  auto state = a.start();
  if (column < columns) {
    for (std::int64_t i = begin + threadIdx.y; i < end; i += kUnroll * blockDim.y) {
      typename A::In chunk[kUnroll];
      const int count = load_column(x + o * n * inner + j, i, end, blockDim.y, inner, a.fill(), chunk);
      state = a.template fold<1>(state, chunk, count, i, blockDim.y);
    }
  }
  state = column_reduce(state, [](auto p, auto q) { return A::combine(p, q); });
  if (column < columns && threadIdx.y == 0) {
    const std::int64_t i = (o * gridDim.y + blockIdx.y) * inner + j;
    if (parts) parts[i] = state;
    else a.store(i, state);
  }
}

/// The second stage of a reduction in two: its elements are the results of the first.
template <class A> struct SecondStage {
  using In = typename A::State;
  using State = In;
  A a;

  __device__ State start() const { return a.start(); }
  __device__ State fill() const { return a.start(); }
  __device__ static State combine(State p, State q) { return A::combine(p, q); }
  __device__ void store(std::int64_t i, State state) const { a.store(i, state); }
  template <int V, int N>
  __device__ State fold(State state, const State (&x)[N], int, std::int64_t, std::int64_t) const {
    for (int k = 0; k < N; ++k) state = combine(state, x[k]);
    return state;
  }
};

/// How many neighbours of a row one access moves.
template <class T> inline constexpr int kRowVector = sizeof(T) < 16 ? kPerAccess<T> : 1;

/// Reduces each piece of each slice to `parts`, [outer, pieces, inner]; with parts null, and slices that are one piece,
/// to results.
template <class A> void reduce_pieces(const A& a, const typename A::In* x, typename A::State* parts, std::int64_t outer,
                                      std::int64_t n, std::int64_t inner, std::int64_t piece) {
  using In = typename A::In;
  const unsigned pieces = n == 0 ? 1 : blocks_for(n, piece);
  if (inner == 1) {
    constexpr int vector = kRowVector<In>;
    const bool whole = outer == 1 || n % vector == 0;  // so that rows begin where an access may
    const dim3 block = row_block(row_width(outer * pieces, std::min(n, piece), whole ? vector : 1));
    launch(whole ? reduce_rows<A, vector> : reduce_rows<A, 1>, dim3(blocks_for(outer, block.y), pieces), block, 0, a, x,
           parts, outer, n, piece, is_aligned(x));
  } else {
    const dim3 block = column_block(outer * inner * pieces, std::min(n, piece));
    launch(reduce_columns<A>, dim3(blocks_for(outer * inner, block.x), pieces), block,
           column_shared<typename A::State>(block), a, x, parts, outer * inner, n, Divisor<std::int64_t>(inner), piece);
  }
}

/// How a block is reduced: in one stage, or, if its slices are few and long, split into pieces of `piece` elements.
inline ReduceAlgorithm choose(std::int64_t n, std::int64_t inner, std::int64_t piece) {
  if (inner == 1) return piece < n ? ReduceAlgorithm::split_rows : ReduceAlgorithm::rows;
  return piece < n ? ReduceAlgorithm::split_columns : ReduceAlgorithm::columns;
}

/// The length of the pieces that slices are cut into; n if they are better left whole.
template <class A> std::int64_t piece_of(std::int64_t outer, std::int64_t n, std::int64_t inner) {
  const std::int64_t slices = outer * inner;
  const dim3 block = inner == 1 ? dim3(kSliceThreads) : column_block(slices, n);
  const std::int64_t along = inner == 1 ? kSliceThreads * kRowVector<typename A::In> : block.y;
  return piece_size(n, kUnroll * along, slices * (inner == 1 ? block.x : block.y));
}

/// Reduces a block.
template <class A>
void reduce_block(const A& a, const typename A::In* x, std::int64_t outer, std::int64_t n, std::int64_t inner) {
  using State = typename A::State;
  if (outer * inner == 0) return;
  const std::int64_t piece = piece_of<A>(outer, n, inner);
  const ReduceAlgorithm algorithm = choose(n, inner, piece);
  announce(dtype_of<typename A::In>, outer, n, inner, algorithm);
  switch (algorithm) {
    case ReduceAlgorithm::rows:
    case ReduceAlgorithm::columns:
      return reduce_pieces(a, x, static_cast<State*>(nullptr), outer, n, inner, n);
    case ReduceAlgorithm::split_rows:
    case ReduceAlgorithm::split_columns:
      const std::int64_t pieces = (n + piece - 1) / piece;
      const Scratch<State> parts(outer * inner * pieces);
      reduce_pieces(a, x, parts.data(), outer, n, inner, piece);
      return reduce_pieces(SecondStage<A>{a}, parts.data(), static_cast<State*>(nullptr), outer, pieces, inner, pieces);
  }
}

}  // namespace reel::kernels::cuda::reduction
