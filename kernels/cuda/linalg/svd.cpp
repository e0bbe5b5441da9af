// Singular values and vectors through cuSOLVER.

#include <reel/kernels/cuda/linalg/matrices.h>
#include <reel/kernels/cuda/linalg/solver.h>
#include <reel/kernels/linalg.h>

namespace reel::kernels::cuda {
namespace {

/// By QR iteration, as LAPACK's gesvd. cuSOLVER's polar method, which is faster, shifts singular values near 0, and
/// Jacobi's stops after a number of sweeps.
void decompose(const SvdArgs& args, std::int32_t* info) {
  linalg::Lease lease;
  const linalg::Cusolver& library = linalg::Cusolver::get();
  const cusolverDnHandle_t handle = lease.solver();
  const cusolverDnParams_t params = lease.params();
  const cudaDataType type = linalg::data_type(args.dtype);
  const signed char job = !args.u ? 'N' : args.full ? 'A' : 'S';
  linalg::WorkSizes sizes;
  linalg::check_status(
      library.gesvd_size(handle, params, job, job, args.m, args.n, type, args.a, args.m, type, args.s, type, args.u,
                         args.m, type, args.vt, args.n, type, &sizes.device, &sizes.host),
      "cusolverDnXgesvd_bufferSize");
  linalg::Workspace work(sizes);
  const auto part = [&](void* first, std::int64_t i, std::int64_t elements) {
    return first ? linalg::matrix(first, args.dtype, i, elements) : nullptr;
  };
  for (std::int64_t i = 0; i < args.batch; ++i) {
    linalg::check_status(
        library.gesvd(handle, params, job, job, args.m, args.n, type, part(args.a, i, args.m * args.n), args.m, type,
                      part(args.s, i, args.n), type, part(args.u, i, args.m * (args.full ? args.m : args.n)), args.m,
                      type, part(args.vt, i, args.n * args.n), args.n, type, work.device(), work.device_bytes(),
                      work.host(), work.host_bytes(), info + i),
        "cusolverDnXgesvd");
  }
}

}  // namespace

void svd(const SvdArgs& args) {
  if (args.batch * args.m * args.n == 0) return;
  linalg::FiniteMatrices finite(args.dtype, args.batch);
  finite.take_out(args.a, args.m, args.n, linalg::Part::all);
  decompose(args, finite.info());
  finite.spoil(args.s, args.n);
  if (args.u) {
    finite.spoil(args.u, args.m * (args.full ? args.m : args.n));
    finite.spoil(args.vt, args.n * args.n);
  }
  finite.report(args.info);
}

}  // namespace reel::kernels::cuda
