#pragma once

#include <cstddef>
#include <cstdint>

#include "cublasLt.h"

/// Matrix products with what may follow them, computed as they are defined.
namespace emulation {

std::size_t size_of(cudaDataType_t type);

/// A batch of column-major matrices as they are stored.
struct Matrix {
  cudaDataType_t type = CUDA_R_32F;
  std::int64_t rows = 0, cols = 0;
  std::int64_t ld = 0;      // elements from one column to the next
  std::int64_t stride = 0;  // elements from one matrix to the next

  /// The bytes from the first element to the last.
  std::size_t extent(std::int64_t batch) const;
};

/// D = epilogue(alpha op(A) op(B) + beta C), of m x n elements.
struct Product {
  std::int64_t batch, m, n, k;
  bool transpose_a, transpose_b;
  cublasComputeType_t compute;
  cublasLtEpilogue_t epilogue;
  double alpha, beta;

  Matrix a, b, c, d;
  const void* a_data;
  const void* b_data;
  const void* c_data;
  void* d_data;

  void* bias;  // of D's type: what is added, or sums that come out
  std::int64_t bias_stride;
  void* mask;  // a bit for each element of D: whether relu lets it pass
  std::int64_t mask_ld, mask_stride;
};

void run_product(const Product& product);

}  // namespace emulation
