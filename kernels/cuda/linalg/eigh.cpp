// Eigenvalues and eigenvectors of symmetric matrices through cuSOLVER.

#include <reel/kernels/cuda/linalg/matrices.h>
#include <reel/kernels/cuda/linalg/solver.h>
#include <reel/kernels/linalg.h>

namespace reel::kernels::cuda {
namespace {

void decompose(const EighArgs& args, std::int32_t* info) {
  linalg::Lease lease;
  const linalg::Cusolver& library = linalg::Cusolver::get();
  const cusolverDnHandle_t handle = lease.solver();
  const cusolverDnParams_t params = lease.params();
  const cudaDataType type = linalg::data_type(args.dtype);
  const cusolverEigMode_t job = args.vectors ? CUSOLVER_EIG_MODE_VECTOR : CUSOLVER_EIG_MODE_NOVECTOR;
  const cublasFillMode_t uplo = args.upper ? CUBLAS_FILL_MODE_UPPER : CUBLAS_FILL_MODE_LOWER;
  linalg::WorkSizes sizes;
  linalg::check_status(library.syevd_size(handle, params, job, uplo, args.n, type, args.a, args.n, type, args.w, type,
                                          &sizes.device, &sizes.host),
                       "cusolverDnXsyevd_bufferSize");
  linalg::Workspace work(sizes);
  for (std::int64_t i = 0; i < args.batch; ++i) {
    linalg::check_status(
        library.syevd(handle, params, job, uplo, args.n, type, linalg::matrix(args.a, args.dtype, i, args.n * args.n),
                      args.n, type, linalg::matrix(args.w, args.dtype, i, args.n), type, work.device(),
                      work.device_bytes(), work.host(), work.host_bytes(), info + i),
        "cusolverDnXsyevd");
  }
}

}  // namespace

void eigh(const EighArgs& args) {
  if (args.batch * args.n == 0) return;
  linalg::FiniteMatrices finite(args.dtype, args.batch);
  finite.take_out(args.a, args.n, args.n, args.upper ? linalg::Part::upper : linalg::Part::lower);
  decompose(args, finite.info());
  finite.spoil(args.w, args.n);
  finite.spoil(args.a, args.n * args.n);
  finite.report(args.info);
}

}  // namespace reel::kernels::cuda
