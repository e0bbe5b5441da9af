// LU decomposition with pivots, and linear systems, through LAPACK.

#include <reel/kernels/cpu/linalg/batches.h>
#include <reel/kernels/cpu/linalg/lapack.h>
#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/linalg.h>

namespace reel::kernels::cpu {
namespace {

/// The first k for which pivot k is 0, counted from 1; 0 if there is none. A NaN is no zero: it shows in the results.
template <class T> std::int32_t first_zero(const T* factors, std::int64_t n) {
  for (std::int64_t k = 0; k < n; ++k) {
    if (factors[k * n + k] == T(0)) return static_cast<std::int32_t>(k + 1);
  }
  return 0;
}

/// Each row exchange changes the sign.
template <class T> T parity_of(const int* pivots, std::int64_t n) {
  T parity = 1;
  for (std::int64_t k = 0; k < n; ++k) {
    if (pivots[k] != k + 1) parity = -parity;
  }
  return parity;
}

template <class T> void run(const LuArgs& args, std::int64_t begin, std::int64_t end) {
  const int n = linalg::to_int(args.n), lda = linalg::leading(args.n), columns = linalg::to_int(args.columns);
  const Scratch<int> pivots(args.n);
  for (std::int64_t i = begin; i < end; ++i) {
    T* a = static_cast<T*>(args.a) + i * args.n * args.n;
    int info = 0;
    if (n > 0) linalg::getrf<T>(&n, &n, a, &lda, pivots.data(), &info);
    const std::int32_t zero = first_zero(a, args.n);
    if (args.info) args.info[i] = zero;
    static_cast<T*>(args.parity)[i] = parity_of<T>(pivots.data(), args.n);
    if (!args.b || zero != 0 || n == 0 || columns == 0) continue;
    T* b = static_cast<T*>(args.b) + i * args.n * args.columns;
    linalg::getrs<T>("N", &n, &columns, a, &lda, pivots.data(), b, &lda, &info, 1);
  }
}

}  // namespace

void lu(const LuArgs& args) {
  linalg::for_matrices(args.batch, args.n, [&](std::int64_t begin, std::int64_t end) {
    dispatch<kWideFloating>(args.dtype, [&]<class T>() { run<T>(args, begin, end); });
  });
}

}  // namespace reel::kernels::cpu
