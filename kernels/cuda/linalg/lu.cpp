// LU decomposition with pivots, and linear systems, through cuSOLVER.

#include <reel/kernels/cuda/linalg/matrices.h>
#include <reel/kernels/cuda/linalg/solver.h>
#include <reel/kernels/linalg.h>

namespace reel::kernels::cuda {
namespace {

/// Which matrices are singular the CPU does not know yet: their systems are solved as well, and `b` means nothing.
void factor_and_solve(const LuArgs& args, std::int64_t* pivots) {
  linalg::Lease lease;
  const linalg::Cusolver& library = linalg::Cusolver::get();
  const cusolverDnHandle_t handle = lease.solver();
  const cusolverDnParams_t params = lease.params();
  const cudaDataType type = linalg::data_type(args.dtype);
  linalg::WorkSizes sizes;
  linalg::check_status(
      library.getrf_size(handle, params, args.n, args.n, type, args.a, args.n, type, &sizes.device, &sizes.host),
      "cusolverDnXgetrf_bufferSize");
  linalg::Workspace work(sizes);
  const Scratch<int> info(1);  // the pivots tell more
  for (std::int64_t i = 0; i < args.batch; ++i) {
    void* a = linalg::matrix(args.a, args.dtype, i, args.n * args.n);
    linalg::check_status(library.getrf(handle, params, args.n, args.n, type, a, args.n, pivots + i * args.n, type,
                                       work.device(), work.device_bytes(), work.host(), work.host_bytes(), info.data()),
                         "cusolverDnXgetrf");
    if (!args.b || args.columns == 0) continue;
    linalg::check_status(
        library.getrs(handle, params, CUBLAS_OP_N, args.n, args.columns, type, a, args.n, pivots + i * args.n, type,
                      linalg::matrix(args.b, args.dtype, i, args.n * args.columns), args.n, info.data()),
        "cusolverDnXgetrs");
  }
}

}  // namespace

void lu(const LuArgs& args) {
  if (args.batch == 0) return;
  const Scratch<std::int64_t> pivots(args.batch * args.n);
  const Scratch<std::int32_t> info(args.batch);
  if (args.n > 0) factor_and_solve(args, pivots.data());
  linalg::describe_pivots(args, pivots.data(), info.data());
  if (args.info) read_back(args.info, info.data(), static_cast<std::size_t>(args.batch) * sizeof(std::int32_t));
}

}  // namespace reel::kernels::cuda
