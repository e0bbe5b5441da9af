#include <reel/kernels/gemm.h>

#include <reel/kernels/cpu/gemm/gemm_algorithms.h>
#include <reel/kernels/functors/pointwise.h>

namespace reel::kernels::cpu {
namespace {

/// The textbook loop, one row of C after the other: integers are rare and small.
template <class T> void gemm_integer(const GemmArgs& args) {
  parallel_for(args.batch * args.m, std::max<std::int64_t>(1, kGrain / (args.n * args.k)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t unit = begin; unit < end; ++unit) {
                   const GemmArgs row = gemm_block(args, unit / args.m, unit % args.m, 1, 0, args.n);
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

}  // namespace

void gemm(const GemmArgs& args) {
  if (args.batch == 0 || args.m == 0 || args.n == 0) return;
  if (args.factors == DType::bf16 && args.k > 0) return gemm_bf16(args);
  if (kHalf.contains(args.factors)) return gemm_widened(args);
  dispatch<kNumeric>(args.dtype, [&]<class T>() {
    if (args.k == 0) {
      start_rows<T>(args);
    } else if constexpr (std::is_integral_v<T>) {
      gemm_integer<T>(args);
    } else if (args.m == 1 || args.n == 1) {
      gemm_vector<T>(args);
    } else if constexpr (std::is_same_v<T, float>) {
      gemm_f32(args);
    } else {
      gemm_blas<T>(args);
    }
  });
}

}  // namespace reel::kernels::cpu
