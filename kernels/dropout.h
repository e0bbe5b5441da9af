#pragma once

#include <cstdint>

#include <reel/kernels/random.h>
#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/generator.h>

namespace reel::kernels {

/// n contiguous elements. If x is null, it counts as ones.
struct DropoutArgs {
  DType dtype;
  const void* x;
  void* out;
  std::int64_t n;
  DrawState state;
  std::uint32_t threshold;  // an element is kept if its random word is at least this
  double scale;             // the factor of kept elements; the others become 0
};

/// The factor of an element.
template <class T> REEL_HD T dropout_factor(std::uint32_t word, std::uint32_t threshold, T scale) {
  return word < threshold ? T(0) : scale;
}

namespace cpu {
void dropout(const DropoutArgs& args);
}
namespace cuda {
void dropout(const DropoutArgs& args);
}

/// out[i] = word i % 4 of Philox(state, i / 4) < threshold ? 0 : x[i] * scale.
inline constexpr KernelTable<void(const DropoutArgs&)> dropout{&cpu::dropout, &cuda::dropout};

}  // namespace reel::kernels
