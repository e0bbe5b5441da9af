// Triangular systems through cuBLAS.

#include <reel/kernels/cuda/linalg/solver.h>
#include <reel/kernels/linalg.h>

namespace reel::kernels::cuda {
namespace {

template <class T> void run(const TriangularSolveArgs& args) {
  linalg::Lease lease;
  const cublasHandle_t handle = lease.blas();
  const linalg::Cusolver& library = linalg::Cusolver::get();
  const auto trsm = linalg::select<T>(library.strsm, library.dtrsm);
  const int n = linalg::to_int(args.n), rows = linalg::to_int(args.rows);
  const T one = 1;
  const T* a = static_cast<const T*>(args.a);
  T* b = static_cast<T*>(args.b);
  for (std::int64_t i = 0; i < args.batch; ++i, a += args.n * args.n, b += args.n * args.rows) {
    linalg::check_status(
        trsm(handle, CUBLAS_SIDE_RIGHT, args.upper ? CUBLAS_FILL_MODE_UPPER : CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N,
             args.unit ? CUBLAS_DIAG_UNIT : CUBLAS_DIAG_NON_UNIT, rows, n, &one, a, n, b, rows),
        linalg::select<T>("cublasStrsm", "cublasDtrsm"));
  }
}

}  // namespace

void triangular_solve(const TriangularSolveArgs& args) {
  if (args.batch * args.n * args.rows == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() { run<T>(args); });
}

}  // namespace reel::kernels::cuda
