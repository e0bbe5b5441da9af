#pragma once

#include <string>
#include <type_traits>

#include <cublas_v2.h>
#include <cusolverDn.h>

namespace reel::kernels::cuda::linalg {

/// The functions of cuSOLVER and cuBLAS that decompositions use, from the libraries that are loaded at the first of
/// them. Those with an X take 64-bit sizes and the dtype as an argument.
struct Cusolver {
  decltype(&cusolverDnCreate) create;
  decltype(&cusolverDnCreateParams) create_params;
  decltype(&cusolverDnSetStream) set_stream;
  decltype(&cusolverDnXpotrf_bufferSize) potrf_size;
  decltype(&cusolverDnXpotrf) potrf;
  decltype(&cusolverDnXgetrf_bufferSize) getrf_size;
  decltype(&cusolverDnXgetrf) getrf;
  decltype(&cusolverDnXgetrs) getrs;
  decltype(&cusolverDnXgeqrf_bufferSize) geqrf_size;
  decltype(&cusolverDnXgeqrf) geqrf;
  decltype(&cusolverDnSorgqr_bufferSize) sorgqr_size;
  decltype(&cusolverDnDorgqr_bufferSize) dorgqr_size;
  decltype(&cusolverDnSorgqr) sorgqr;
  decltype(&cusolverDnDorgqr) dorgqr;
  decltype(&cusolverDnXgesvd_bufferSize) gesvd_size;
  decltype(&cusolverDnXgesvd) gesvd;
  decltype(&cusolverDnXsyevd_bufferSize) syevd_size;
  decltype(&cusolverDnXsyevd) syevd;
  decltype(&cublasCreate) blas_create;
  decltype(&cublasSetStream) blas_set_stream;
  decltype(&cublasStrsm) strsm;
  decltype(&cublasDtrsm) dtrsm;

  /// Loads the libraries once; a DeviceError where one is missing.
  static const Cusolver& get();
  /// Why they cannot be loaded; empty if they can.
  static const std::string& problem();
};

/// The function for T.
template <class T, class Single, class Double> constexpr auto* select(Single* single, Double* twice) {
  if constexpr (std::is_same_v<T, float>) return single;
  else return twice;
}

}  // namespace reel::kernels::cuda::linalg
