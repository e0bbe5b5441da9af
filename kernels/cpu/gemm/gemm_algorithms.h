#pragma once

#include <algorithm>
#include <cstdint>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/gemm.h>

/// The algorithms of the CPU's matrix products; gemm_choice.h chooses between them.
namespace reel::kernels::cpu::product {

/// f32 with m, n > 1, or bf16 factors; k > 0.
void run_onednn_matmul(const GemmArgs& args, int threads);
/// f32 alone.
void run_onednn_sgemm(const GemmArgs& args, int threads);
/// What a product takes where oneDNN turns out to have no optimised kernel for it: only the attempt to create its
/// primitive tells.
void run_without_onednn(const GemmArgs& args);

/// f32 and f64 products with k > 0 through BLAS. The work is cut by its shape, and each piece is one single-threaded
/// call, so the number of threads changes no result.
template <class T> void run_blas(const GemmArgs& args);
/// An f32 product on the calling thread alone, which need not cut the work: up to a sixth faster.
void run_blas_uncut(const GemmArgs& args);

/// f32 and f64 products with m = 1 or n = 1: bound by memory, which libraries' products do not exploit.
template <class T> void run_matrix_vector(const GemmArgs& args);

/// Products in f32 with longer sums than this lose accuracy: libraries add up f32 as it comes.
inline constexpr std::int64_t kLongestSum = 1 << 16;
/// f32 products in pieces of at most `kLongestSum` terms, added up in f64.
void run_long_sums(const GemmArgs& args);

/// Products of half floats in f32: converted factors, and a result that is rounded once, unless it is f32.
void run_upcast(const GemmArgs& args);

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
inline GemmArgs block_of(const GemmArgs& args, std::int64_t i, std::int64_t row, std::int64_t rows, std::int64_t col,
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
      run(by_rows ? block_of(args, i, first, count, 0, args.n) : block_of(args, i, 0, args.m, first, count));
    }
  });
}

}  // namespace reel::kernels::cpu::product
