#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>

namespace reel::kernels {

/// out[o, i, k] = sum over t of w[t, i] x[o, first[i] + t, k] along the middle dimension of blocks x [outer, in, inner]
/// and out [outer, size, inner]: a product with a matrix whose rows are short runs, as resizing along an axis and the
/// transpose of it are. A weight of 0 is no term: what it would multiply may be infinite or NaN. Floating dtypes; long
/// sums run in f64.
struct ResampleArgs {
  DType dtype;
  std::int64_t outer, in, size, inner;
  std::int64_t taps;  // of each run, all of which lie inside `in`
  const void* x;
  void* out;
  const std::int32_t* first;  // [size]
  const void* weights;        // [taps, size], of `dtype`
};

namespace cpu {
void resample(const ResampleArgs& args);
}
namespace cuda {
void resample(const ResampleArgs& args);
}

inline constexpr KernelTable<void(const ResampleArgs&)> resample{&cpu::resample, &cuda::resample};

}  // namespace reel::kernels
