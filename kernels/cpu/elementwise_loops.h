#pragma once

#include <tuple>
#include <utility>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/elementwise.h>

/// The CPU's loops for every elementwise functor. The files beside this one instantiate them, a list of functors each.
namespace reel::kernels::cpu {

template <class F>
concept FirstIsBool = F::first_is_bool;

/// The C++ type of input I of F, called with dtype T.
template <class F, class T, std::size_t I> using InputType = std::conditional_t<FirstIsBool<F> && I == 0, bool, T>;

template <class F, class T, class Indices> struct Loops;

template <class F, class T, std::size_t... I> struct Loops<F, T, std::index_sequence<I...>> {
  using Out = decltype(std::declval<const F&>()(std::declval<InputType<F, T, I>>()...));

  /// Every operand contiguous. A function of its own, so that it is compiled for each level of vector instructions.
  REEL_VECTOR_CLONES static void contiguous(F f, Out* out, const InputType<F, T, I>*... in, std::int64_t n) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(in[i]...);
  }

  /// Input K is one value for the whole row, the others are contiguous.
  template <std::size_t K>
  REEL_VECTOR_CLONES static void one_expanded(F f, Out* out, const InputType<F, T, I>*... in, std::int64_t n) {
    const auto value = *std::get<K>(std::tuple(in...));
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) out[i] = f((I == K ? value : in[I == K ? 0 : i])...);
  }

  static void strided(F f, Out* out, const InputType<F, T, I>*... in, std::int64_t n, const std::int64_t* s) {
    for (std::int64_t i = 0; i < n; ++i) out[i * s[0]] = f(in[i * s[I + 1]]...);
  }

  static void row(const F& f, char* const* data, std::int64_t n, const std::int64_t* s) {
    Out* out = reinterpret_cast<Out*>(data[0]);
    if (s[0] == 1 && ((s[I + 1] == 1) && ...)) {
      contiguous(f, out, reinterpret_cast<const InputType<F, T, I>*>(data[I + 1])..., n);
      return;
    }
    if constexpr (sizeof...(I) == 2) {
      if (s[0] == 1 && s[1] == 1 && s[2] == 0) {
        one_expanded<1>(f, out, reinterpret_cast<const InputType<F, T, I>*>(data[I + 1])..., n);
        return;
      }
      if (s[0] == 1 && s[1] == 0 && s[2] == 1) {
        one_expanded<0>(f, out, reinterpret_cast<const InputType<F, T, I>*>(data[I + 1])..., n);
        return;
      }
    }
    strided(f, out, reinterpret_cast<const InputType<F, T, I>*>(data[I + 1])..., n, s);
  }

  /// Elements [begin, end) of the whole loop nest: rows of the innermost dimension.
  static void range(const F& f, const ElementwiseArgs<F::arity>& args, std::int64_t begin, std::int64_t end) {
    constexpr int operands = F::arity + 1;
    constexpr std::array<std::int64_t, operands> bytes{sizeof(Out), sizeof(InputType<F, T, I>)...};
    const auto& loop = args.loop;
    const int inner = loop.rank - 1;
    std::array<std::int64_t, operands> step{};
    for (int k = 0; k < operands; ++k) step[k] = loop.strides[k][inner];
    while (begin < end) {
      std::array<char*, operands> row_data;
      std::int64_t rest = begin / loop.sizes[inner];
      const std::int64_t column = begin % loop.sizes[inner];
      for (int k = 0; k < operands; ++k) row_data[k] = static_cast<char*>(args.data[k]) + column * step[k] * bytes[k];
      for (int d = inner - 1; d >= 0; --d) {
        const std::int64_t at = rest % loop.sizes[d];
        rest /= loop.sizes[d];
        for (int k = 0; k < operands; ++k) row_data[k] += at * loop.strides[k][d] * bytes[k];
      }
      const std::int64_t n = std::min(loop.sizes[inner] - column, end - begin);
      row(f, row_data.data(), n, step.data());
      begin += n;
    }
  }
};

template <class F> void elementwise(const F& f, const ElementwiseArgs<F::arity>& args) {
  dispatch<F::dtypes>(args.dtype, [&]<class T>() {
    using L = Loops<F, T, std::make_index_sequence<F::arity>>;
    const std::int64_t n = args.loop.numel();
    if (n <= kGrain) {
      if (n > 0) L::range(f, args, 0, n);
      return;
    }
    parallel_for(n, kGrain, [&](std::int64_t begin, std::int64_t end) { L::range(f, args, begin, end); });
  });
}

/// Taking the address of each instantiation makes the compiler emit it; a namespace-scope constant keeps it.
template <class... F> constexpr auto instantiate(FunctorList<F...>) { return std::tuple{&elementwise<F>...}; }

}  // namespace reel::kernels::cpu
