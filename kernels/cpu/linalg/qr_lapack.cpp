// QR decomposition through LAPACK.

#include <algorithm>

#include <reel/kernels/cpu/linalg/batches.h>
#include <reel/kernels/cpu/linalg/lapack.h>
#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/linalg.h>

namespace reel::kernels::cpu {
namespace {

template <class T> void run(const QrArgs& args, std::int64_t begin, std::int64_t end) {
  const int m = linalg::to_int(args.m), n = linalg::to_int(args.n), columns = linalg::to_int(args.columns);
  const int k = std::min(m, n), ask = -1;
  int info = 0;
  T for_factors = 0, for_q = 0;
  const Scratch<T> tau(k);
  T* a = static_cast<T*>(args.a) + begin * args.m * args.n;
  T* q = static_cast<T*>(args.q) + begin * args.m * args.columns;
  linalg::geqrf<T>(&m, &n, a, &m, tau.data(), &for_factors, &ask, &info);
  linalg::orgqr<T>(&m, &columns, &k, q, &m, tau.data(), &for_q, &ask, &info);
  const int length = linalg::to_int(linalg::work_length(std::max(for_factors, for_q)));
  const Scratch<T> work(length);
  for (std::int64_t i = begin; i < end; ++i, a += args.m * args.n, q += args.m * args.columns) {
    linalg::geqrf<T>(&m, &n, a, &m, tau.data(), work.data(), &length, &info);
    std::copy_n(a, args.m * k, q);
    std::fill(q + args.m * k, q + args.m * args.columns, T(0));
    linalg::orgqr<T>(&m, &columns, &k, q, &m, tau.data(), work.data(), &length, &info);
  }
}

/// The product of no reflections.
template <class T> void identities(const QrArgs& args) {
  T* q = static_cast<T*>(args.q);
  std::fill(q, q + args.batch * args.m * args.columns, T(0));
  for (std::int64_t i = 0; i < args.batch; ++i) {
    for (std::int64_t k = 0; k < std::min(args.m, args.columns); ++k) {
      q[i * args.m * args.columns + k * args.m + k] = T(1);
    }
  }
}

}  // namespace

void qr(const QrArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    if (args.m == 0 || args.n == 0) return identities<T>(args);
    linalg::for_matrices(args.batch, std::max(args.m, args.n),
                         [&](std::int64_t begin, std::int64_t end) { run<T>(args, begin, end); });
  });
}

}  // namespace reel::kernels::cpu
