#pragma once

#include <reel/kernels/gemm.h>

namespace reel::kernels::cuda::product {

/// The product by the textbook's loops, a thread for each element of C: for integers, which no library multiplies, for
/// forms that the library refuses, and for k = 0.
void gemm_any_dtype(const GemmArgs& args);

/// Each row of C = bias: where a library cannot add it itself, C accumulates from there.
void start_with_bias(const GemmArgs& args);

}  // namespace reel::kernels::cuda::product
