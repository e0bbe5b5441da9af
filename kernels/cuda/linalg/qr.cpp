// QR decomposition through cuSOLVER.

#include <algorithm>

#include <reel/kernels/cuda/linalg/matrices.h>
#include <reel/kernels/cuda/linalg/solver.h>
#include <reel/kernels/linalg.h>

namespace reel::kernels::cuda {
namespace {

/// A becomes R above the reflections whose product Q is; their factors are `tau`, min(m, n) for each matrix.
template <class T> void factor(const QrArgs& args, linalg::Lease& lease, T* tau, int* info) {
  const linalg::Cusolver& library = linalg::Cusolver::get();
  const cusolverDnHandle_t handle = lease.solver();
  const cusolverDnParams_t params = lease.params();
  const cudaDataType type = linalg::data_type(args.dtype);
  linalg::WorkSizes sizes;
  linalg::check_status(library.geqrf_size(handle, params, args.m, args.n, type, args.a, args.m, type, tau, type,
                                          &sizes.device, &sizes.host),
                       "cusolverDnXgeqrf_bufferSize");
  linalg::Workspace work(sizes);
  for (std::int64_t i = 0; i < args.batch; ++i) {
    linalg::check_status(
        library.geqrf(handle, params, args.m, args.n, type, linalg::matrix(args.a, args.dtype, i, args.m * args.n),
                      args.m, type, tau + i * std::min(args.m, args.n), type, work.device(), work.device_bytes(),
                      work.host(), work.host_bytes(), info),
        "cusolverDnXgeqrf");
  }
}

/// Q holds the reflections and becomes their product.
template <class T> void multiply(const QrArgs& args, linalg::Lease& lease, const T* tau, int* info) {
  const linalg::Cusolver& library = linalg::Cusolver::get();
  const cusolverDnHandle_t handle = lease.solver();
  const int m = linalg::to_int(args.m), columns = linalg::to_int(args.columns);
  const int k = linalg::to_int(std::min(args.m, args.n));
  T* q = static_cast<T*>(args.q);
  int length = 0;
  linalg::check_status(
      linalg::select<T>(library.sorgqr_size, library.dorgqr_size)(handle, m, columns, k, q, m, tau, &length),
      linalg::select<T>("cusolverDnSorgqr_bufferSize", "cusolverDnDorgqr_bufferSize"));
  const Scratch<T> work(length);
  for (std::int64_t i = 0; i < args.batch; ++i) {
    linalg::check_status(
        linalg::select<T>(library.sorgqr, library.dorgqr)(handle, m, columns, k, q + i * args.m * args.columns, m,
                                                          tau + i * k, work.data(), length, info),
        linalg::select<T>("cusolverDnSorgqr", "cusolverDnDorgqr"));
  }
}

}  // namespace

void qr(const QrArgs& args) {
  if (args.batch * args.m * args.columns == 0) return;
  const std::int64_t k = std::min(args.m, args.n);
  if (k == 0) return linalg::start_q(args);  // the product of no reflections
  linalg::Lease lease;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    const Scratch<T> tau(args.batch * k);
    const Scratch<int> info(1);  // says only which argument is wrong
    factor(args, lease, tau.data(), info.data());
    linalg::start_q(args);
    multiply(args, lease, tau.data(), info.data());
  });
}

}  // namespace reel::kernels::cuda
