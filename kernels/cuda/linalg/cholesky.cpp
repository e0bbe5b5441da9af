// Cholesky decomposition through cuSOLVER.

#include <reel/kernels/cuda/linalg/matrices.h>
#include <reel/kernels/cuda/linalg/solver.h>
#include <reel/kernels/linalg.h>

namespace reel::kernels::cuda {

void cholesky(const CholeskyArgs& args) {
  if (args.batch * args.n == 0) return;
  linalg::Lease lease;
  const linalg::Cusolver& library = linalg::Cusolver::get();
  const cusolverDnHandle_t handle = lease.solver();
  const cusolverDnParams_t params = lease.params();
  const cudaDataType type = linalg::data_type(args.dtype);
  linalg::WorkSizes sizes;
  linalg::check_status(library.potrf_size(handle, params, CUBLAS_FILL_MODE_UPPER, args.n, type, args.a, args.n, type,
                                          &sizes.device, &sizes.host),
                       "cusolverDnXpotrf_bufferSize");
  linalg::Workspace work(sizes);
  const Scratch<std::int32_t> info(args.batch);
  for (std::int64_t i = 0; i < args.batch; ++i) {
    linalg::check_status(
        library.potrf(handle, params, CUBLAS_FILL_MODE_UPPER, args.n, type,
                      linalg::matrix(args.a, args.dtype, i, args.n * args.n), args.n, type, work.device(),
                      work.device_bytes(), work.host(), work.host_bytes(), info.data() + i),
        "cusolverDnXpotrf");
  }
  linalg::find_not_positive(args.dtype, args.batch, args.n, args.a, info.data());
  read_back(args.info, info.data(), static_cast<std::size_t>(args.batch) * sizeof(std::int32_t));
}

}  // namespace reel::kernels::cuda
