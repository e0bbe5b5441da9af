#pragma once

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>

namespace reel::kernels {

/// out = the upper or lower triangle of each of `batch` row-major matrices, 0 elsewhere. The diagonal, the elements
/// whose column is row + `diagonal`, belongs to the triangle.
struct TriangleArgs {
  DType dtype;
  bool upper;
  std::int64_t batch, rows, columns;
  std::int64_t diagonal;
  const void* x;
  void* out;
};

namespace cpu {
void triangle(const TriangleArgs& args);
}
namespace cuda {
void triangle(const TriangleArgs& args);
}

inline constexpr KernelTable<void(const TriangleArgs&)> triangle{&cpu::triangle, &cuda::triangle};

}  // namespace reel::kernels
