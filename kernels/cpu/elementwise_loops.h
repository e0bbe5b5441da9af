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
    void (*loop)(F, Out*, const InputType<F, T, I>*..., std::int64_t) = nullptr;
    ((mask == Mask ? void(loop = &dense<Mask>) : void()), ...);
    return loop;
  }

  static void strided(F f, Out* out, const InputType<F, T, I>*... in, std::int64_t n, const std::int64_t* s) {
    for (std::int64_t i = 0; i < n; ++i) out[i * s[0]] = f(in[i * s[I + 1]]...);
  }

  static void row(const F& f, char* const* data, std::int64_t n, const std::int64_t* s) {
    Out* out = reinterpret_cast<Out*>(data[0]);
    if (s[0] == 1 && (((s[I + 1] | 1) == 1) && ...)) {  // every stride is 0 or 1
      const unsigned mask = ((s[I + 1] == 0 ? 1u << I : 0u) | ...);
      constexpr auto masks = std::make_integer_sequence<unsigned, (1u << sizeof...(I)) - 1>();
      if (const auto loop = dense_loop(mask, masks)) {
        loop(f, out, reinterpret_cast<const InputType<F, T, I>*>(data[I + 1])..., n);
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
