#pragma once

#include <cstddef>
#include <cstdint>

#include "cublas_v2.h"

/// Decompositions of dense matrices as cuSOLVER declares them, with NVIDIA's numbers: those that Reel calls.

#define CUSOLVER_VER_MAJOR 12

enum cusolverStatus_t : int {
  CUSOLVER_STATUS_SUCCESS = 0,
  CUSOLVER_STATUS_NOT_INITIALIZED = 1,
  CUSOLVER_STATUS_ALLOC_FAILED = 2,
  CUSOLVER_STATUS_INVALID_VALUE = 3,
  CUSOLVER_STATUS_EXECUTION_FAILED = 6,
  CUSOLVER_STATUS_NOT_SUPPORTED = 9,
  CUSOLVER_STATUS_INVALID_WORKSPACE = 31
};

enum cusolverEigMode_t : int { CUSOLVER_EIG_MODE_NOVECTOR = 0, CUSOLVER_EIG_MODE_VECTOR = 1 };

using cusolverDnHandle_t = struct cusolverDnContext*;
using cusolverDnParams_t = struct cusolverDnParams*;

cusolverStatus_t cusolverDnCreate(cusolverDnHandle_t* handle);
cusolverStatus_t cusolverDnCreateParams(cusolverDnParams_t* params);
cusolverStatus_t cusolverDnSetStream(cusolverDnHandle_t handle, cudaStream_t stream);

cusolverStatus_t cusolverDnXpotrf_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t params,
                                             cublasFillMode_t uplo, std::int64_t n, cudaDataType type, const void* a,
                                             std::int64_t lda, cudaDataType compute, std::size_t* device_bytes,
                                             std::size_t* host_bytes);
cusolverStatus_t cusolverDnXpotrf(cusolverDnHandle_t handle, cusolverDnParams_t params, cublasFillMode_t uplo,
                                  std::int64_t n, cudaDataType type, void* a, std::int64_t lda, cudaDataType compute,
                                  void* device, std::size_t device_bytes, void* host, std::size_t host_bytes,
                                  int* info);

cusolverStatus_t cusolverDnXgetrf_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t params, std::int64_t m,
                                             std::int64_t n, cudaDataType type, const void* a, std::int64_t lda,
                                             cudaDataType compute, std::size_t* device_bytes, std::size_t* host_bytes);
cusolverStatus_t cusolverDnXgetrf(cusolverDnHandle_t handle, cusolverDnParams_t params, std::int64_t m, std::int64_t n,
                                  cudaDataType type, void* a, std::int64_t lda, std::int64_t* pivots,
                                  cudaDataType compute, void* device, std::size_t device_bytes, void* host,
                                  std::size_t host_bytes, int* info);
cusolverStatus_t cusolverDnXgetrs(cusolverDnHandle_t handle, cusolverDnParams_t params, cublasOperation_t op,
                                  std::int64_t n, std::int64_t columns, cudaDataType type_a, const void* a,
                                  std::int64_t lda, const std::int64_t* pivots, cudaDataType type_b, void* b,
                                  std::int64_t ldb, int* info);

cusolverStatus_t cusolverDnXgeqrf_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t params, std::int64_t m,
                                             std::int64_t n, cudaDataType type, const void* a, std::int64_t lda,
                                             cudaDataType type_tau, const void* tau, cudaDataType compute,
                                             std::size_t* device_bytes, std::size_t* host_bytes);
cusolverStatus_t cusolverDnXgeqrf(cusolverDnHandle_t handle, cusolverDnParams_t params, std::int64_t m, std::int64_t n,
                                  cudaDataType type, void* a, std::int64_t lda, cudaDataType type_tau, void* tau,
                                  cudaDataType compute, void* device, std::size_t device_bytes, void* host,
                                  std::size_t host_bytes, int* info);

cusolverStatus_t cusolverDnSorgqr_bufferSize(cusolverDnHandle_t handle, int m, int n, int k, const float* a, int lda,
                                             const float* tau, int* length);
cusolverStatus_t cusolverDnDorgqr_bufferSize(cusolverDnHandle_t handle, int m, int n, int k, const double* a, int lda,
                                             const double* tau, int* length);
cusolverStatus_t cusolverDnSorgqr(cusolverDnHandle_t handle, int m, int n, int k, float* a, int lda, const float* tau,
                                  float* work, int length, int* info);
cusolverStatus_t cusolverDnDorgqr(cusolverDnHandle_t handle, int m, int n, int k, double* a, int lda, const double* tau,
                                  double* work, int length, int* info);

cusolverStatus_t cusolverDnXgesvd_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t params, signed char job_u,
                                             signed char job_vt, std::int64_t m, std::int64_t n, cudaDataType type,
                                             const void* a, std::int64_t lda, cudaDataType type_s, const void* s,
                                             cudaDataType type_u, const void* u, std::int64_t ldu, cudaDataType type_vt,
                                             const void* vt, std::int64_t ldvt, cudaDataType compute,
                                             std::size_t* device_bytes, std::size_t* host_bytes);
cusolverStatus_t cusolverDnXgesvd(cusolverDnHandle_t handle, cusolverDnParams_t params, signed char job_u,
                                  signed char job_vt, std::int64_t m, std::int64_t n, cudaDataType type, void* a,
                                  std::int64_t lda, cudaDataType type_s, void* s, cudaDataType type_u, void* u,
                                  std::int64_t ldu, cudaDataType type_vt, void* vt, std::int64_t ldvt,
                                  cudaDataType compute, void* device, std::size_t device_bytes, void* host,
                                  std::size_t host_bytes, int* info);

cusolverStatus_t cusolverDnXsyevd_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t params,
                                             cusolverEigMode_t job, cublasFillMode_t uplo, std::int64_t n,
                                             cudaDataType type, const void* a, std::int64_t lda, cudaDataType type_w,
                                             const void* w, cudaDataType compute, std::size_t* device_bytes,
                                             std::size_t* host_bytes);
cusolverStatus_t cusolverDnXsyevd(cusolverDnHandle_t handle, cusolverDnParams_t params, cusolverEigMode_t job,
                                  cublasFillMode_t uplo, std::int64_t n, cudaDataType type, void* a, std::int64_t lda,
                                  cudaDataType type_w, void* w, cudaDataType compute, void* device,
                                  std::size_t device_bytes, void* host, std::size_t host_bytes, int* info);
