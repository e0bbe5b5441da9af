// Eigenvalues and eigenvectors of symmetric matrices through LAPACK.

#include <algorithm>

#include <reel/kernels/cpu/linalg/batches.h>
#include <reel/kernels/cpu/linalg/lapack.h>
#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/linalg.h>

namespace reel::kernels::cpu {
namespace {

/// Whether the triangle that is read holds neither NaN nor infinities.
template <class T> bool triangle_finite(const T* a, std::int64_t n, bool upper) {
  for (std::int64_t c = 0; c < n; ++c) {
    const std::int64_t first = upper ? 0 : c, last = upper ? c + 1 : n;
    if (!linalg::all_finite(a + c * n + first, last - first)) return false;
  }
  return true;
}

template <class T> void run(const EighArgs& args, std::int64_t begin, std::int64_t end) {
  const int n = linalg::to_int(args.n), ask = -1;
  const char* job = args.vectors ? "V" : "N";
  const char* uplo = args.upper ? "U" : "L";
  T* a = static_cast<T*>(args.a) + begin * args.n * args.n;
  T* w = static_cast<T*>(args.w) + begin * args.n;
  T asked = 0;
  int integers = 0, info = 0;
  linalg::syevd<T>(job, uplo, &n, a, &n, w, &asked, &ask, &integers, &ask, &info, 1, 1);
  const int length = linalg::to_int(linalg::work_length(asked));
  const Scratch<T> work(length);
  const Scratch<int> iwork(integers);
  for (std::int64_t i = begin; i < end; ++i, a += args.n * args.n, w += args.n) {
    if (triangle_finite(a, args.n, args.upper)) {
      linalg::syevd<T>(job, uplo, &n, a, &n, w, work.data(), &length, iwork.data(), &integers, &args.info[i], 1, 1);
    } else {
      args.info[i] = kNotFinite;
      std::fill_n(a, args.n * args.n, std::numeric_limits<T>::quiet_NaN());
      std::fill_n(w, args.n, std::numeric_limits<T>::quiet_NaN());
    }
  }
}

}  // namespace

void eigh(const EighArgs& args) {
  if (args.n == 0) return;
  linalg::for_matrices(args.batch, args.n, [&](std::int64_t begin, std::int64_t end) {
    dispatch<kWideFloating>(args.dtype, [&]<class T>() { run<T>(args, begin, end); });
  });
}

}  // namespace reel::kernels::cpu
