// Cholesky decomposition through LAPACK.

#include <reel/kernels/cpu/linalg/batches.h>
#include <reel/kernels/cpu/linalg/lapack.h>
#include <reel/kernels/linalg.h>

namespace reel::kernels::cpu {
namespace {

/// Factors that are not positive tell of a NaN, too, which some libraries let pass.
template <class T> std::int32_t first_not_positive(const T* factors, std::int64_t n) {
  for (std::int64_t k = 0; k < n; ++k) {
    if (!(factors[k * n + k] > T(0))) return static_cast<std::int32_t>(k + 1);
  }
  return 0;
}

template <class T> void run(const CholeskyArgs& args, std::int64_t begin, std::int64_t end) {
  const int n = linalg::to_int(args.n), lda = linalg::leading(args.n);
  for (std::int64_t i = begin; i < end; ++i) {
    T* a = static_cast<T*>(args.a) + i * args.n * args.n;
    int info = 0;
    linalg::potrf<T>("U", &n, a, &lda, &info, 1);
    args.info[i] = info != 0 ? info : first_not_positive(a, args.n);
  }
}

}  // namespace

void cholesky(const CholeskyArgs& args) {
  if (args.n == 0) return;
  linalg::for_matrices(args.batch, args.n, [&](std::int64_t begin, std::int64_t end) {
    dispatch<kWideFloating>(args.dtype, [&]<class T>() { run<T>(args, begin, end); });
  });
}

}  // namespace reel::kernels::cpu
