// Singular values and vectors through LAPACK.

#include <algorithm>

#include <reel/kernels/cpu/linalg/batches.h>
#include <reel/kernels/cpu/linalg/lapack.h>
#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/linalg.h>

namespace reel::kernels::cpu {
namespace {

/// What one batch has in common: sizes as LAPACK takes them, and its scratch.
template <class T> class Svd {
 public:
  explicit Svd(const SvdArgs& args)
      : args_(args),
        m_(linalg::to_int(args.m)),
        n_(linalg::to_int(args.n)),
        u_columns_(args.full ? m_ : n_),
        iwork_(8 * n_),
        length_(linalg::to_int(linalg::work_length(asked_length()))),
        work_(length_) {}

  void run(std::int64_t i) {
    T* a = static_cast<T*>(args_.a) + i * args_.m * args_.n;
    T* s = static_cast<T*>(args_.s) + i * n_;
    T* u = args_.u ? static_cast<T*>(args_.u) + i * args_.m * u_columns_ : nullptr;
    T* vt = args_.u ? static_cast<T*>(args_.vt) + i * args_.n * args_.n : nullptr;
    if (linalg::all_finite(a, args_.m * args_.n)) {
      args_.info[i] = call(a, s, u, vt, work_.data(), length_);
      return;
    }
    args_.info[i] = kNotFinite;
    std::fill_n(s, n_, std::numeric_limits<T>::quiet_NaN());
    if (!u) return;
    std::fill_n(u, args_.m * u_columns_, std::numeric_limits<T>::quiet_NaN());
    std::fill_n(vt, args_.n * args_.n, std::numeric_limits<T>::quiet_NaN());
  }

 private:
  int call(T* a, T* s, T* u, T* vt, T* work, int length) {
    const char* job = !args_.u ? "N" : args_.full ? "A" : "S";
    int info = 0;
    linalg::gesdd<T>(job, &m_, &n_, a, &m_, s, u, &m_, vt, &n_, work, &length, iwork_.data(), &info, 1);
    return info;
  }

  T asked_length() {
    T length = 0;
    call(static_cast<T*>(args_.a), static_cast<T*>(args_.s), static_cast<T*>(args_.u), static_cast<T*>(args_.vt),
         &length, -1);
    return length;
  }

  const SvdArgs& args_;
  int m_, n_, u_columns_;
  Scratch<int> iwork_;
  int length_;
  Scratch<T> work_;
};

}  // namespace

void svd(const SvdArgs& args) {
  if (args.m == 0 || args.n == 0) return;
  linalg::for_matrices(args.batch, args.m, [&](std::int64_t begin, std::int64_t end) {
    dispatch<kWideFloating>(args.dtype, [&]<class T>() {
      Svd<T> decomposition(args);
      for (std::int64_t i = begin; i < end; ++i) decomposition.run(i);
    });
  });
}

}  // namespace reel::kernels::cpu
