// Chooses the algorithm of a matrix product on the CPU, and runs it.

#include <reel/kernels/gemm.h>

#include <reel/kernels/announce.h>
#include <reel/kernels/cpu/gemm/gemm_algorithms.h>
#include <reel/kernels/functors/pointwise.h>

namespace reel::kernels::cpu {
namespace product {
namespace {

// Up to so many multiplications something else is faster than oneDNN, whose calls take longer to begin:
constexpr std::int64_t kSmall = 330'000;      // BLAS: a call of it takes 43 ns, a primitive 0.3 to 0.9 us
constexpr std::int64_t kSmallSgemm = 15'000;  // BLAS as well, where dnnl_sgemm is called directly
constexpr std::int64_t kSmallBf16 = 10'000;   // with bf16 factors, a product in f32 with its conversions
/// A second thread pays from here on.
constexpr std::int64_t kParallel = 600'000;
/// Where all sizes are at least this, dnnl_sgemm, which packs both factors as it goes, is 2 to 12 % faster than
/// oneDNN's primitive.
constexpr std::int64_t kLarge = 1024;

std::int64_t multiplications(const GemmArgs& args) { return args.m * args.n * args.k; }

int useful_threads(const GemmArgs& args) {
  return multiplications(args) * args.batch < kParallel ? 1 : onednn_threads();
}

/// Whether rows that dnnl_sgemm goes down without AVX-512 lie so that the first-level cache keeps few of them: up
/// to 2.5 times slower than OpenBLAS, which copies them first.
bool strides_collide(const GemmArgs& args) {
  constexpr std::int64_t least_rows = 64, stride = 512;
  return args.k >= least_rows && ((args.a.layout.transposed && args.a.layout.ld % stride == 0) ||
                                  (!args.b.layout.transposed && args.b.layout.ld % stride == 0));
}

/// One row of C after the other: integers are rare and small.
template <class T> void run_loops(const GemmArgs& args) {
  parallel_for(args.batch * args.m, std::max<std::int64_t>(1, kGrain / (args.n * args.k)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t unit = begin; unit < end; ++unit) {
                   const GemmArgs row = block_of(args, unit / args.m, unit % args.m, 1, 0, args.n);
                   start_rows<T>(row);
                   const T* a = static_cast<const T*>(row.a.data);
                   const T* b = static_cast<const T*>(row.b.data);
                   T* c = static_cast<T*>(row.c);
                   const std::int64_t a_step = row.a.layout.transposed ? row.a.layout.ld : 1;
                   const std::int64_t b_row = row.b.layout.transposed ? 1 : row.b.layout.ld;
                   const std::int64_t b_col = row.b.layout.transposed ? row.b.layout.ld : 1;
                   for (std::int64_t p = 0; p < row.k; ++p) {
                     for (std::int64_t j = 0; j < row.n; ++j) {
                       c[j] = plus(c[j], times(a[p * a_step], b[p * b_row + j * b_col]));
                     }
                   }
                 }
               });
}

/// Calls `f` with the type of an f32 or f64 product.
template <class F> void with_type(const GemmArgs& args, F&& f) {
  args.dtype == DType::f32 ? f.template operator()<float>() : f.template operator()<double>();
}

void run(const GemmArgs& args, GemmAlgorithm algorithm, int threads) {
  announce(args, algorithm);
  switch (algorithm) {
    case GemmAlgorithm::upcast:
      return run_upcast(args);
    case GemmAlgorithm::loops:
      return dispatch<kNumeric>(args.dtype, [&]<class T>() {
        if (args.k == 0) start_rows<T>(args);
        else if constexpr (std::is_integral_v<T>) run_loops<T>(args);
      });
    case GemmAlgorithm::matrix_vector:
      return with_type(args, [&]<class T>() { run_matrix_vector<T>(args); });
    case GemmAlgorithm::blas:
      return with_type(args, [&]<class T>() { run_blas<T>(args); });
    case GemmAlgorithm::blas_uncut:
      return run_blas_uncut(args);
    case GemmAlgorithm::onednn_matmul:
      return run_onednn_matmul(args, threads);
    case GemmAlgorithm::onednn_sgemm:
      return run_onednn_sgemm(args, threads);
    case GemmAlgorithm::cublaslt:
      return;  // the GPU's
  }
}

}  // namespace

GemmAlgorithm choose(const GemmArgs& args, const OneDnnSupport& onednn, int threads, bool deterministic) {
  if (kHalf.contains(args.factors)) {
    const bool pays = args.factors == DType::bf16 && onednn.bf16 && onednn.available;
    return pays && multiplications(args) > kSmallBf16 ? GemmAlgorithm::onednn_matmul : GemmAlgorithm::upcast;
  }
  if (args.k == 0 || !is_floating(args.dtype)) return GemmAlgorithm::loops;
  if (args.m == 1 || args.n == 1) return GemmAlgorithm::matrix_vector;
  if (args.dtype == DType::f64 || !onednn.available) return GemmAlgorithm::blas;
  if (onednn.avx512) {
    if (multiplications(args) <= kSmall) return GemmAlgorithm::blas;
    const bool is_large = args.batch == 1 && std::min({args.m, args.n, args.k}) >= kLarge;
    return is_large && !deterministic ? GemmAlgorithm::onednn_sgemm : GemmAlgorithm::onednn_matmul;
  }
  // Without AVX-512 oneDNN's primitive would call dnnl_sgemm as well, and takes 0.3 us to come to it.
  if (multiplications(args) <= kSmallSgemm) return GemmAlgorithm::blas;
  if (!strides_collide(args)) return GemmAlgorithm::onednn_sgemm;
  return threads == 1 && !deterministic ? GemmAlgorithm::blas_uncut : GemmAlgorithm::blas;
}

void run_without_onednn(const GemmArgs& args) { run(args, choose(args, {}, 1, deterministic()), 1); }

}  // namespace product

void gemm(const GemmArgs& args) {
  if (args.batch == 0 || args.m == 0 || args.n == 0) return;
  const int threads = product::useful_threads(args);
  product::run(args, product::choose(args, onednn_support(), threads, deterministic()), threads);
}

}  // namespace reel::kernels::cpu
