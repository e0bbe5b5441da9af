#pragma once

#include <algorithm>
#include <tuple>
#include <utility>

#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/offset_calculator.h>
#include <reel/kernels/elementwise.h>

/// The GPU's loops for every elementwise functor. The files beside this one instantiate them, a list of functors each.
namespace reel::kernels::cuda {
namespace pointwise {

/// The addresses of the operands. Bit k of `broadcast`: whether operand k has stride 0 along the innermost dimension.
template <int Operands> struct OperandPack {
  void* data[Operands];
  unsigned broadcast;

  __device__ bool is_broadcast(std::size_t k) const { return broadcast >> k & 1u; }
};

/// What a functor computes with for elements of type T: f32 for half floats, which are converted as they are loaded and
/// rounded as they are stored.
template <class T> using ComputeType = std::conditional_t<kHalf.contains(dtype_of<T>), float, T>;

/// The W results of a functor, as they are stored.
template <class Out, int W, class F, class... In> __device__ auto apply(const F& f, const Vector<In, W>&... in) {
  Vector<Out, W> out;
  for (int j = 0; j < W; ++j) out.value[j] = static_cast<Out>(f(static_cast<ComputeType<In>>(in.value[j])...));
  return out;
}

template <class F, class T, class Indices> struct Loops;

template <class F, class T, std::size_t... I> struct Loops<F, T, std::index_sequence<I...>> {
  using Result = decltype(std::declval<const F&>()(std::declval<InputType<F, ComputeType<T>, I>>()...));
  /// In memory: a half float where f32 is computed from half floats.
  using Out = std::conditional_t<std::is_same_v<Result, ComputeType<T>>, T, Result>;
  static constexpr int operands = F::arity + 1;
  static constexpr std::array<std::int64_t, operands> bytes{sizeof(Out), sizeof(InputType<F, T, I>)...};
  static constexpr int width = static_cast<int>(16 / std::max({sizeof(Out), sizeof(InputType<F, T, I>)...}));

  /// The W elements of a thread, with one access per operand.
  template <int W> static __device__ void step(const F& f, const OperandPack<operands>& operand,
                                               const OffsetCalculator<operands>& calculator, std::int64_t i) {
    const Offsets<operands> offset(calculator, i);
    *reinterpret_cast<Vector<Out, W>*>(static_cast<Out*>(operand.data[0]) + offset.at[0]) = apply<Out, W>(
        f, load<InputType<F, T, I>, W>(operand.data[I + 1], offset.at[I + 1], operand.is_broadcast(I + 1))...);
  }
  /// The remainder of a contiguous loop.
  static __device__ void tail(const F& f, const OperandPack<operands>& operand, std::int64_t i, std::int64_t n) {
    for (; i < n; ++i) {
      static_cast<Out*>(operand.data[0])[i] =
          apply<Out, 1>(f,
                        load<InputType<F, T, I>, 1>(operand.data[I + 1], operand.is_broadcast(I + 1) ? 0 : i, true)...)
              .value[0];
    }
  }

  static void run(const F& f, const ElementwiseArgs<F::arity>& args);
};

template <class F, class T, int W> __global__ void __launch_bounds__(kThreads, 1)
    elementwise_loop(F f, OperandPack<F::arity + 1> operand, OffsetCalculator<F::arity + 1> calculator,
                     std::int64_t n) {
  using L = Loops<F, T, std::make_index_sequence<F::arity>>;
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if ((i + 1) * W <= n) L::template step<W>(f, operand, calculator, i);
  else if (W > 1) L::tail(f, operand, i * W, n);
}

template <class F, class T, std::size_t... I>
void Loops<F, T, std::index_sequence<I...>>::run(const F& f, const ElementwiseArgs<F::arity>& args) {
  const std::int64_t n = args.loop.numel();
  if (n == 0) return;
  OperandPack<operands> operand{{args.data[0], args.data[I + 1]...}, 0};
  for (int k = 0; k < operands; ++k) {
    const auto inner = static_cast<std::size_t>(args.loop.rank - 1);
    operand.broadcast |= static_cast<unsigned>(args.loop.strides[static_cast<std::size_t>(k)][inner] == 0) << k;
  }
  const int w = vector_width<operands>(args.loop, args.data, bytes, width);
  const OffsetCalculator<operands> calculator(args.loop, w);
  const unsigned grid = blocks_for(n, std::int64_t{kThreads} * w);
  if (w == 1) launch(elementwise_loop<F, T, 1>, grid, kThreads, 0, f, operand, calculator, n);
  else launch(elementwise_loop<F, T, width>, grid, kThreads, 0, f, operand, calculator, n);
}

}  // namespace pointwise

template <class F> void elementwise(const F& f, const ElementwiseArgs<F::arity>& args) {
  dispatch<F::dtypes>(args.dtype,
                      [&]<class T>() { pointwise::Loops<F, T, std::make_index_sequence<F::arity>>::run(f, args); });
}

namespace pointwise {

/// Taking the address of each instantiation makes the compiler emit it; a namespace-scope constant keeps it.
template <class... F> constexpr auto instantiate(FunctorList<F...>) { return std::tuple{&elementwise<F>...}; }

}  // namespace pointwise

}  // namespace reel::kernels::cuda
