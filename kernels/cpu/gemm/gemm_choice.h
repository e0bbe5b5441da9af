#pragma once

#include <algorithm>
#include <cstdint>

#include <reel/kernels/algorithm.h>
#include <reel/kernels/cpu/gemm/gemm_algorithms.h>
#include <reel/kernels/cpu/onednn_support.h>
#include <reel/kernels/gemm.h>

/// Which algorithm is the fastest for a matrix product on the CPU. (Inline: the smallest products take 70 ns in all.)
namespace reel::kernels::cpu::product {

// Up to so many multiplications something else is faster than oneDNN, whose calls take longer to begin:
inline constexpr std::int64_t kSmall = 330'000;      // BLAS: a call of it takes 43 ns, a primitive 0.3 to 0.9 us
inline constexpr std::int64_t kSmallSgemm = 15'000;  // BLAS as well, where dnnl_sgemm is called directly
inline constexpr std::int64_t kSmallBf16 = 10'000;   // with bf16 factors, a product in f32 with its conversions

/// What the choice depends on besides the product.
struct Setting {
  OneDnnSupport onednn = {};
  int threads = 1;  // that the product may use and has work for
  bool deterministic = false;
};

constexpr std::int64_t multiplications(const GemmArgs& args) { return args.m * args.n * args.k; }

/// Where all sizes are at least 1024, dnnl_sgemm, which packs both factors as it goes, is 2 to 12 % faster than
/// oneDNN's primitive.
constexpr bool is_large(const GemmArgs& args) { return args.batch == 1 && std::min({args.m, args.n, args.k}) >= 1024; }

/// Whether rows that dnnl_sgemm goes down without AVX-512 lie so that the first-level cache keeps few of them: up
/// to 2.5 times slower than OpenBLAS, which copies them first.
constexpr bool strides_collide(const GemmArgs& args) {
  constexpr std::int64_t least_rows = 64, stride = 512;
  return args.k >= least_rows && ((args.a.layout.transposed && args.a.layout.ld % stride == 0) ||
                                  (!args.b.layout.transposed && args.b.layout.ld % stride == 0));
}

/// Whether f32 sums are too long for libraries. Products with a vector cut them themselves.
constexpr bool has_long_sums(const GemmArgs& args) {
  const bool by_libraries = kHalf.contains(args.factors) || (args.m > 1 && args.n > 1);
  return args.k > kLongestSum && args.dtype == DType::f32 && by_libraries;
}

/// The algorithm for a product that is not empty.
constexpr GemmAlgorithm choose(const GemmArgs& args, const Setting& setting) {
  const OneDnnSupport& onednn = setting.onednn;
  if (has_long_sums(args)) return GemmAlgorithm::long_sums;
  if (kHalf.contains(args.factors)) {
    const bool pays = args.factors == DType::bf16 && onednn.bf16 && onednn.available;
    return pays && multiplications(args) > kSmallBf16 ? GemmAlgorithm::onednn_matmul : GemmAlgorithm::upcast;
  }
  if (args.k == 0 || !is_floating(args.dtype)) return GemmAlgorithm::loops;
  if (args.m == 1 || args.n == 1) return GemmAlgorithm::matrix_vector;
  if (args.dtype == DType::f64 || !onednn.available) return GemmAlgorithm::blas;
  if (onednn.avx512) {
    if (multiplications(args) <= kSmall) return GemmAlgorithm::blas;
    return is_large(args) && !setting.deterministic ? GemmAlgorithm::onednn_sgemm : GemmAlgorithm::onednn_matmul;
  }
  // Without AVX-512 oneDNN's primitive would call dnnl_sgemm as well, and takes 0.3 us to come to it.
  if (multiplications(args) <= kSmallSgemm) return GemmAlgorithm::blas;
  if (!strides_collide(args)) return GemmAlgorithm::onednn_sgemm;
  return setting.threads == 1 && !setting.deterministic ? GemmAlgorithm::blas_uncut : GemmAlgorithm::blas;
}

}  // namespace reel::kernels::cpu::product
