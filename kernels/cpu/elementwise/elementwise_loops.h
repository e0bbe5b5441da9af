#pragma once

#include <cstdint>
#include <tuple>
#include <utility>

#include <reel/kernels/cpu/elementwise/half_rows.h>
#include <reel/kernels/cpu/elementwise/loop_nest.h>
#include <reel/kernels/elementwise.h>

/// The CPU's loops for every elementwise functor. The files beside this one instantiate them, a list of functors each.
namespace reel::kernels::cpu {
namespace pointwise {

template <class F, class T, class Indices> struct Loops;

template <class F, class T, std::size_t... I> struct Loops<F, T, std::index_sequence<I...>> {
  using Out = decltype(std::declval<const F&>()(std::declval<InputType<F, T, I>>()...));

  /// Whether rows whose inputs are expanded as the mask says have a loop of their own, in which the value stays in a
  /// register: with one expanded input of two, or the second or the third of three floating ones. Other rows are rare.
  /// Each loop is compiled for three levels of vector instructions.
  static constexpr bool has_dense(unsigned mask) {
    if (mask == 0) return true;
    return sizeof...(I) == 2 ? mask < 3 : std::is_floating_point_v<T> && (mask == 2 || mask == 4);
  }

  template <unsigned Expanded>
  [[gnu::always_inline]] static inline void dense_loop(F f, Out* out, const InputType<F, T, I>*... in, std::int64_t n) {
    const std::tuple<InputType<F, T, I>...> first(*in...);
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      out[i] = f((Expanded >> I & 1u ? std::get<I>(first) : in[Expanded >> I & 1u ? 0 : i])...);
    }
  }
  /// A function of its own, so that it is compiled for each level of vector instructions.
  template <unsigned Expanded>
  REEL_VECTOR_CLONES static void dense(const void* f, void* const* data, const std::int64_t*, std::int64_t n) {
    dense_loop<Expanded>(*static_cast<const F*>(f), static_cast<Out*>(data[0]),
                         static_cast<const InputType<F, T, I>*>(data[I + 1])..., n);
  }
  template <unsigned Expanded> static constexpr Row dense_or_null() {
    if constexpr (has_dense(Expanded)) return &dense<Expanded>;
    else return nullptr;
  }

  static void strided(const void* f, void* const* data, const std::int64_t* step, std::int64_t n) {
    const F& functor = *static_cast<const F*>(f);
    for (std::int64_t i = 0; i < n; ++i) {
      static_cast<Out*>(data[0])[i * step[0]] =
          functor(static_cast<const InputType<F, T, I>*>(data[I + 1])[i * step[I + 1]]...);
    }
  }

  template <unsigned... Mask> static constexpr auto table(std::integer_sequence<unsigned, Mask...>) {
    return RowLoops<F::arity + 1>{{sizeof(Out), sizeof(InputType<F, T, I>)...}, {dense_or_null<Mask>()...}, &strided};
  }
  static constexpr auto rows = table(std::make_integer_sequence<unsigned, 1u << sizeof...(I)>());
};

/// Taking the address of each instantiation makes the compiler emit it; a namespace-scope constant keeps it.
template <class... F> constexpr auto instantiate(FunctorList<F...>) { return std::tuple{&elementwise<F>...}; }

}  // namespace pointwise

template <class F> void elementwise(const F& f, const ElementwiseArgs<F::arity>& args) {
  constexpr int operands = F::arity + 1;
  using Indices = std::make_index_sequence<F::arity>;
  if constexpr ((F::dtypes - kHalf) != F::dtypes) {
    if (kHalf.contains(args.dtype)) {
      return pointwise::run_half_rows<operands>(pointwise::Loops<F, float, Indices>::rows, &f, args.dtype, args.loop,
                                                args.data);
    }
  }
  dispatch<F::dtypes - kHalf>(args.dtype, [&]<class T>() {
    pointwise::run_rows<operands>(pointwise::Loops<F, T, Indices>::rows, &f, args.loop, args.data);
  });
}

}  // namespace reel::kernels::cpu
