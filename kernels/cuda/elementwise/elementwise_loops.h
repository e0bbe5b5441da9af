#pragma once

#include <algorithm>
#include <tuple>
#include <utility>

#include <reel/kernels/cuda/device_loop.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/elementwise.h>

/// The GPU's loops for every elementwise functor. The files beside this one instantiate them, a list of functors each.
namespace reel::kernels::cuda {

template <class F>
concept FirstIsBool = F::first_is_bool;

/// The C++ type of input I of F, called with dtype T.
template <class F, class T, std::size_t I> using InputType = std::conditional_t<FirstIsBool<F> && I == 0, bool, T>;

/// The operands' addresses, and in bit k whether operand k stands still along the innermost dimension.
template <int Operands> struct Operand {
  void* data[Operands];
  unsigned still;
};

template <int W, class F, class... In> __device__ auto apply(const F& f, const Vector<In, W>&... in) {
  Vector<decltype(f(in.value[0]...)), W> out;
  for (int j = 0; j < W; ++j) out.value[j] = f(in.value[j]...);
  return out;
}

template <class F, class T, class Indices> struct Loops;

template <class F, class T, std::size_t... I> struct Loops<F, T, std::index_sequence<I...>> {
  using Out = decltype(std::declval<const F&>()(std::declval<InputType<F, T, I>>()...));
  static constexpr int operands = F::arity + 1;
  static constexpr std::array<std::int64_t, operands> bytes{sizeof(Out), sizeof(InputType<F, T, I>)...};
  static constexpr int width = static_cast<int>(16 / std::max({sizeof(Out), sizeof(InputType<F, T, I>)...}));

  /// A thread's W elements, one access an operand.
  template <int W> static __device__ void step(const F& f, const Operand<operands>& operand,
                                               const DeviceLoop<operands>& loop, std::int64_t i) {
    const Offsets<operands> offset(loop, i);
    *reinterpret_cast<Vector<Out, W>*>(static_cast<Out*>(operand.data[0]) + offset.at[0]) = apply<W>(
        f, load<InputType<F, T, I>, W>(operand.data[I + 1], offset.at[I + 1], operand.still >> (I + 1) & 1u)...);
  }
  /// What is left of a run.
  static __device__ void tail(const F& f, const Operand<operands>& operand, std::int64_t i, std::int64_t n) {
    for (; i < n; ++i) {
      static_cast<Out*>(operand.data[0])[i] =
          f(load<InputType<F, T, I>, 1>(operand.data[I + 1], operand.still >> (I + 1) & 1u ? 0 : i, true).value[0]...);
    }
  }

  static void run(const F& f, const ElementwiseArgs<F::arity>& args);
};

template <class F, class T, int W> __global__ void __launch_bounds__(kThreads, 1)
    elementwise_loop(F f, Operand<F::arity + 1> operand, DeviceLoop<F::arity + 1> loop, std::int64_t n) {
  using L = Loops<F, T, std::make_index_sequence<F::arity>>;
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if ((i + 1) * W <= n) L::template step<W>(f, operand, loop, i);
  else if (W > 1) L::tail(f, operand, i * W, n);
}

template <class F, class T, std::size_t... I>
void Loops<F, T, std::index_sequence<I...>>::run(const F& f, const ElementwiseArgs<F::arity>& args) {
  const std::int64_t n = args.loop.numel();
  if (n == 0) return;
  Operand<operands> operand{{args.data[0], args.data[I + 1]...}, 0};
  for (int k = 0; k < operands; ++k) {
    const auto inner = static_cast<std::size_t>(args.loop.rank - 1);
    operand.still |= static_cast<unsigned>(args.loop.strides[static_cast<std::size_t>(k)][inner] == 0) << k;
  }
  const int w = vector_width<operands>(args.loop, args.data, bytes, width);
  const DeviceLoop<operands> loop(args.loop, w);
  const unsigned grid = blocks_for(n, std::int64_t{kThreads} * w);
  if (w == 1) launch(elementwise_loop<F, T, 1>, grid, kThreads, 0, f, operand, loop, n);
  else launch(elementwise_loop<F, T, width>, grid, kThreads, 0, f, operand, loop, n);
}

template <class F> void elementwise(const F& f, const ElementwiseArgs<F::arity>& args) {
  dispatch<F::dtypes>(args.dtype, [&]<class T>() { Loops<F, T, std::make_index_sequence<F::arity>>::run(f, args); });
}

/// Taking the address of each instantiation makes the compiler emit it; a namespace-scope constant keeps it.
template <class... F> constexpr auto instantiate(FunctorList<F...>) { return std::tuple{&elementwise<F>...}; }

}  // namespace reel::kernels::cuda
