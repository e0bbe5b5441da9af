#pragma once

#include <array>
#include <cstdint>

#include <reel/kernels/scalar_ops.h>
#include <reel/kernels/table.h>
#include <reel/tensor/core/shape.h>

namespace reel::kernels {

/// Nested loops over the elements of up to `Operands` arrays, outermost first. Dimensions of size 1 are gone and those
/// that follow each other in every operand are one, so most calls have a single dimension with strides 1 (or 0:
/// expanded).
template <int Operands> struct StridedLoop {
  int rank = 0;  // no more of the arrays is set: clearing them costs as much as a small operation
  std::array<std::int64_t, kMaxRank> sizes;
  std::array<std::array<std::int64_t, kMaxRank>, Operands> strides;  // in elements

  /// One dimension of `n` elements that follow each other in every operand.
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

/// One elementwise call: operand 0 is the output, then N inputs.
template <int N> struct ElementwiseArgs {
  DType dtype;  // of the inputs (but for `Where`'s condition)
  StridedLoop<N + 1> loop;
  std::array<void*, N + 1> data;
};

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
