#pragma once

#include <cstdint>
#include <optional>

#include <reel/kernels/float32_precision.h>
#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>

/// Matrix products C = A B, alone or in batches: what matmul, linear, einsum and products inside convolutions run on.
namespace reel::kernels {

/// How a matrix lies in memory: row-major, or (transposed) column-major, with `ld` elements from one row (column) to
/// the next.
struct MatrixLayout {
  bool transposed = false;
  std::int64_t ld = 1;
};

/// The layout of a matrix with these strides; nothing if neither its rows nor its columns are contiguous (or if they
/// overlap): then a product needs a copy.
constexpr std::optional<MatrixLayout> matrix_layout(std::int64_t rows, std::int64_t cols, std::int64_t row_stride,
                                                    std::int64_t col_stride) {
  const auto at_least_1 = [](std::int64_t n) { return n < 1 ? 1 : n; };
  if ((cols == 1 || col_stride == 1) && (rows == 1 || row_stride >= cols)) {
    return MatrixLayout{false, at_least_1(rows == 1 ? cols : row_stride)};
  }
  if ((rows == 1 || row_stride == 1) && (cols == 1 || col_stride >= rows)) {
    return MatrixLayout{true, at_least_1(cols == 1 ? rows : col_stride)};
  }
  return std::nullopt;
}

/// A factor of a product.
struct GemmOperand {
  const void* data;
  MatrixLayout layout;
  std::int64_t batch_stride = 0;  // in elements; 0: every product of the batch takes the same matrix
};

/// C[i] = A[i] B[i], for each i of the batch.
struct GemmArgs {
  DType dtype;            // of C and the bias, one of kNumeric
  DType factors = dtype;  // of A and B: the same, or bf16 under an f32 C
  std::int64_t batch = 1;
  std::int64_t m, n, k;
  GemmOperand a;  // m x k
  GemmOperand b;  // k x n
  void* c;        // m x n, row-major
  std::int64_t ldc;
  std::int64_t c_batch_stride = 0;
  const void* bias = nullptr;  // [n], added to each row of C
  bool accumulate = false;     // C += A B instead
  Float32Precision precision = float32_precision(Float32Op::matmul);
};

namespace cpu {
void gemm(const GemmArgs& args);
}
namespace cuda {
void gemm(const GemmArgs& args);
}

/// With `deterministic()` results on the CPU do not depend on the number of threads. k = 0 gives zeros (and the bias).
/// Half floats are summed in f32, and each result is rounded once, unless C is f32.
inline constexpr KernelTable<void(const GemmArgs&)> gemm{&cpu::gemm, &cuda::gemm};

}  // namespace reel::kernels
