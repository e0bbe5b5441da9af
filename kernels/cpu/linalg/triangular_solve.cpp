// Triangular systems through BLAS, which every build has.

#include <cstddef>
#include <type_traits>

#include <reel/kernels/cpu/linalg/batches.h>
#include <reel/kernels/linalg.h>

namespace reel::kernels::cpu {
namespace {

template <class T> using Trsm = void(const char* side, const char* uplo, const char* trans, const char* diag,
                                     const int* m, const int* n, const T* alpha, const T* a, const int* lda, T* b,
                                     const int* ldb, std::size_t, std::size_t, std::size_t, std::size_t);
extern "C" {
Trsm<float> strsm_;
Trsm<double> dtrsm_;
}

template <class T> void run(const TriangularSolveArgs& args, std::int64_t begin, std::int64_t end) {
  const int n = linalg::to_int(args.n), rows = linalg::to_int(args.rows);
  const char* uplo = args.upper ? "U" : "L";
  const char* diag = args.unit ? "U" : "N";
  const T one = 1;
  for (std::int64_t i = begin; i < end; ++i) {
    const T* a = static_cast<const T*>(args.a) + i * args.n * args.n;
    T* b = static_cast<T*>(args.b) + i * args.rows * args.n;
    if constexpr (std::is_same_v<T, float>) {
      strsm_("R", uplo, "N", diag, &rows, &n, &one, a, &n, b, &rows, 1, 1, 1, 1);
    } else {
      dtrsm_("R", uplo, "N", diag, &rows, &n, &one, a, &n, b, &rows, 1, 1, 1, 1);
    }
  }
}

}  // namespace

void triangular_solve(const TriangularSolveArgs& args) {
  if (args.n == 0 || args.rows == 0) return;
  linalg::for_matrices(args.batch, args.n, [&](std::int64_t begin, std::int64_t end) {
    dispatch<kWideFloating>(args.dtype, [&]<class T>() { run<T>(args, begin, end); });
  });
}

}  // namespace reel::kernels::cpu
