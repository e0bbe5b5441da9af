#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <reel/kernels/scalar_ops.h>
#include <reel/kernels/table.h>
#include <reel/tensor/core/shape.h>

namespace reel::kernels {

/// Nested loops over the elements of `Operands` arrays, outermost dimension first. Dimensions of size 1 are removed,
/// and those that are contiguous in every operand are merged, so that most calls have a single dimension with stride 1
/// (or 0: expanded).
template <int Operands> struct StridedLoop {
  int rank = 0;  // only this many entries of the arrays are set: clearing them would cost as much as a small operation
  std::array<std::int64_t, kMaxRank> sizes;
  std::array<std::array<std::int64_t, kMaxRank>, Operands> strides;  // in elements

  /// Makes it one dimension of n elements, contiguous in every operand.
  void flatten(std::int64_t n) {
    rank = 1;
    sizes[0] = n;
    for (auto& s : strides) s[0] = 1;
  }

  std::int64_t numel() const {
    std::int64_t n = 1;
    for (int d = 0; d < rank; ++d) n *= sizes[static_cast<std::size_t>(d)];
    return n;
  }
};

/// One elementwise call. Operand 0 is the output, the others are the N inputs.
template <int N> struct ElementwiseArgs {
  DType dtype;  // of the inputs (except `Where`'s condition)
  StridedLoop<N + 1> loop;
  std::array<void*, N + 1> data;
};

template <class F>
concept FirstIsBool = F::first_is_bool;

/// The C++ type of input I of F, called with dtype T.
template <class F, class T, std::size_t I> using InputType = std::conditional_t<FirstIsBool<F> && I == 0, bool, T>;

namespace cpu {
template <class F> void elementwise(const F& f, const ElementwiseArgs<F::arity>& args);
}
namespace cuda {
template <class F> void elementwise(const F& f, const ElementwiseArgs<F::arity>& args);
}

/// out[i] = f(inputs[i]...).
template <class F> inline constexpr KernelTable<void(const F&, const ElementwiseArgs<F::arity>&)> elementwise{
    &cpu::elementwise<F>, &cuda::elementwise<F>};

}  // namespace reel::kernels
