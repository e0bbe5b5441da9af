// Runs a matrix product on the CPU by the algorithm that is chosen for it.

#include <reel/kernels/gemm.h>

#include <reel/kernels/announce.h>
#include <reel/kernels/cpu/gemm/gemm_algorithms.h>
#include <reel/kernels/cpu/gemm/gemm_choice.h>
#include <reel/kernels/functors/pointwise.h>

namespace reel::kernels::cpu {
namespace product {
namespace {

/// For the smallest products every setting leads to the same choice, and asking for it would take a tenth of their
/// time.
Setting setting_for(const GemmArgs& args) {
  if (multiplications(args) <= kSmallBf16) return {};
  constexpr std::int64_t parallel = 600'000;  // multiplications from which a second thread pays
  const int threads = multiplications(args) * args.batch < parallel ? 1 : onednn_threads();
  return {onednn_support(), threads, deterministic()};
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

void run(const GemmArgs& args, const Setting& setting) {
  const GemmAlgorithm algorithm = choose(args, setting);
  announce(args, algorithm);
  switch (algorithm) {
    case GemmAlgorithm::upcast:
      return run_upcast(args);
    case GemmAlgorithm::loops:
      return dispatch<kWideNumeric>(args.dtype, [&]<class T>() {
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
      return run_onednn_matmul(args, setting.threads);
    case GemmAlgorithm::onednn_sgemm:
      return run_onednn_sgemm(args, setting.threads);
    case GemmAlgorithm::long_sums:
      return run_long_sums(args);
    case GemmAlgorithm::cublaslt:
      return;  // the GPU's
  }
}

}  // namespace

void run_without_onednn(const GemmArgs& args) { run(args, {.onednn = {}, .deterministic = deterministic()}); }

}  // namespace product

void gemm(const GemmArgs& args) {
  if (args.batch == 0 || args.m == 0 || args.n == 0) return;
  product::run(args, product::setting_for(args));
}

}  // namespace reel::kernels::cpu
