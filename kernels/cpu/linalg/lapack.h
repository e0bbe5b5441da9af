#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

/// LAPACK's functions, by their Fortran names: no header is the same for every LAPACK. The last arguments are the
/// lengths of the strings, which Fortran passes unseen.
namespace reel::kernels::cpu::linalg {

template <class T> using Getrf = void(const int* m, const int* n, T* a, const int* lda, int* pivots, int* info);
template <class T> using Getrs = void(const char* trans, const int* n, const int* columns, const T* a, const int* lda,
                                      const int* pivots, T* b, const int* ldb, int* info, std::size_t);
template <class T> using Potrf = void(const char* uplo, const int* n, T* a, const int* lda, int* info, std::size_t);
template <class T>
using Geqrf = void(const int* m, const int* n, T* a, const int* lda, T* tau, T* work, const int* lwork, int* info);
template <class T> using Orgqr = void(const int* m, const int* n, const int* k, T* a, const int* lda, const T* tau,
                                      T* work, const int* lwork, int* info);
template <class T> using Gesdd = void(const char* job, const int* m, const int* n, T* a, const int* lda, T* s, T* u,
                                      const int* ldu, T* vt, const int* ldvt, T* work, const int* lwork, int* iwork,
                                      int* info, std::size_t);
template <class T> using Syevd = void(const char* job, const char* uplo, const int* n, T* a, const int* lda, T* w,
                                      T* work, const int* lwork, int* iwork, const int* liwork, int* info, std::size_t,
                                      std::size_t);

extern "C" {
Getrf<float> sgetrf_;
Getrf<double> dgetrf_;
Getrs<float> sgetrs_;
Getrs<double> dgetrs_;
Potrf<float> spotrf_;
Potrf<double> dpotrf_;
Geqrf<float> sgeqrf_;
Geqrf<double> dgeqrf_;
Orgqr<float> sorgqr_;
Orgqr<double> dorgqr_;
Gesdd<float> sgesdd_;
Gesdd<double> dgesdd_;
Syevd<float> ssyevd_;
Syevd<double> dsyevd_;
}

/// The function for T.
template <class T, class Single, class Double> constexpr auto* select(Single* single, Double* twice) {
  if constexpr (std::is_same_v<T, float>) return single;
  else return twice;
}
template <class T> inline constexpr auto getrf = select<T>(&sgetrf_, &dgetrf_);
template <class T> inline constexpr auto getrs = select<T>(&sgetrs_, &dgetrs_);
template <class T> inline constexpr auto potrf = select<T>(&spotrf_, &dpotrf_);
template <class T> inline constexpr auto geqrf = select<T>(&sgeqrf_, &dgeqrf_);
template <class T> inline constexpr auto orgqr = select<T>(&sorgqr_, &dorgqr_);
template <class T> inline constexpr auto gesdd = select<T>(&sgesdd_, &dgesdd_);
template <class T> inline constexpr auto syevd = select<T>(&ssyevd_, &dsyevd_);

/// The length that a call with lwork = -1 asks for, which comes as a rounded floating-point number.
template <class T> std::int64_t work_length(T asked) {
  return static_cast<std::int64_t>(std::nextafter(asked, std::numeric_limits<T>::infinity())) + 1;
}

/// Whether none of the numbers is a NaN or an infinity.
template <class T> bool all_finite(const T* values, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(values[i])) return false;
  }
  return true;
}

}  // namespace reel::kernels::cpu::linalg
