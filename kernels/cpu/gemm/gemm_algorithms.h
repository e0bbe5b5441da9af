#pragma once

#include <algorithm>
#include <cstdint>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/gemm.h>

/// The parts that the CPU's product is made of.
namespace reel::kernels::cpu {

/// f32 products with m, n > 1 and k > 0: through oneDNN (gemm_onednn.cpp) or BLAS (onednn_absent.cpp).
void gemm_f32(const GemmArgs& args);

/// Products of bf16 factors with k > 0: through oneDNN where it has an algorithm of its own for them, else in f32.
void gemm_bf16(const GemmArgs& args);

/// Whether the processor, and a library, multiply bf16 faster than f32.
bool multiplies_bf16();

/// Products of half-precision factors in f32: converted factors, and a result that is rounded once, unless it is f32.
void gemm_widened(const GemmArgs& args);

/// Floating products through BLAS. Never depends on the number of threads: the work is cut by its shape, and each
/// piece is one single-threaded call.
template <class T> void gemm_blas(const GemmArgs& args);

/// The same on the calling thread alone, which need not cut the work: up to a sixth faster.
template <class T> void gemm_blas_uncut(const GemmArgs& args);

/// Products with m = 1 or n = 1: bound by memory, which libraries' products do not exploit.
template <class T> void gemm_vector(const GemmArgs& args);

/// C = bias or 0 where C is not accumulated to, C += bias where it is: all that is left to do for k = 0.
template <class T> void start_rows(const GemmArgs& args) {
  const T* bias = static_cast<const T*>(args.bias);
  for (std::int64_t i = 0; i < args.batch; ++i) {
    for (std::int64_t r = 0; r < args.m; ++r) {
      T* row = static_cast<T*>(args.c) + i * args.c_batch_stride + r * args.ldc;
      for (std::int64_t j = 0; j < args.n; ++j) {
        row[j] = static_cast<T>((args.accumulate ? row[j] : T(0)) + (bias ? bias[j] : T(0)));
      }
    }
  }
}

/// One product of the batch, or the rows and columns [row, row + rows) x [col, col + cols) of it.
inline GemmArgs gemm_block(const GemmArgs& args, std::int64_t i, std::int64_t row, std::int64_t rows, std::int64_t col,
                           std::int64_t cols) {
  const auto at = [](DType dtype, const void* data, std::int64_t elements) {
    return static_cast<const char*>(data) + elements * static_cast<std::int64_t>(size_of(dtype));
  };
  GemmArgs block = args;
  block.batch = 1;
  block.m = rows;
  block.n = cols;
  block.a.data =
      at(args.factors, args.a.data, i * args.a.batch_stride + row * (args.a.layout.transposed ? 1 : args.a.layout.ld));
  block.b.data =
      at(args.factors, args.b.data, i * args.b.batch_stride + col * (args.b.layout.transposed ? args.b.layout.ld : 1));
  block.c = const_cast<char*>(at(args.dtype, args.c, i * args.c_batch_stride + row * args.ldc + col));
  if (args.bias) block.bias = at(args.dtype, args.bias, col);
  return block;
}

/// Calls `run` with blocks of whole rows, or of whole columns, of each product of the batch, in parallel. How the work
/// is cut depends on its shape alone.
template <class Run> void for_each_block(const GemmArgs& args, Run&& run) {
  constexpr std::int64_t piece = 1 << 19;  // multiplications that are worth a thread
  if (args.batch == 1 && args.m * args.n * args.k <= piece) return run(args);  // one block, without divisions
  const bool by_rows = args.m >= args.n;
  const std::int64_t size = by_rows ? args.m : args.n, across = by_rows ? args.n : args.m;
  const std::int64_t line = std::max<std::int64_t>(across * args.k, 1);
  const std::int64_t eighth = std::clamp<std::int64_t>((size / 8 + 31) / 32 * 32, 64, 512);
  const std::int64_t block = std::max(eighth, (piece / line + 31) / 32 * 32);
  const std::int64_t blocks = (size + block - 1) / block;
  const std::int64_t grain = std::max<std::int64_t>(1, piece / (std::min(block, size) * line));
  parallel_for(args.batch * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t unit = begin; unit < end; ++unit) {
      const std::int64_t i = unit / blocks, first = unit % blocks * block, count = std::min(block, size - first);
      run(by_rows ? gemm_block(args, i, first, count, 0, args.n) : gemm_block(args, i, 0, args.m, first, count));
    }
  });
}

}  // namespace reel::kernels::cpu
