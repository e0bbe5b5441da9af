// What Reel calls of cuSOLVER and cuBLAS, as operations of a stream that LAPACK and BLAS do.

#include "cusolverDn.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <reel/kernels/cpu/linalg/lapack.h>

#include "runtime/product.h"
#include "runtime/state.h"

namespace lapack = reel::kernels::cpu::linalg;

template <class T> using Trsm = void(const char* side, const char* uplo, const char* op, const char* diag, const int* m,
                                     const int* n, const T* alpha, const T* a, const int* lda, T* b, const int* ldb,
                                     std::size_t, std::size_t, std::size_t, std::size_t);
extern "C" {
Trsm<float> strsm_;
Trsm<double> dtrsm_;
}

/// A handle is for one thread at a time, the one that has set its stream last.
struct Handle {
  cudaStream_t stream = nullptr;
  std::thread::id thread;
};
struct cusolverDnContext : Handle {};
struct cublasContext : Handle {};
struct cusolverDnParams {};

namespace {

constexpr std::size_t kDeviceWork = 512, kHostWork = 64;  // the bytes that every function asks for

struct Operand {
  const char* name;
  const void* data;
  std::int64_t elements;
  std::size_t element_size;
};

template <class Status, class Body> Status call(const char* function, Body body) {
  const std::scoped_lock lock(emulation::state().mutex);
  if (const int status = emulation::injected_status(function)) return static_cast<Status>(status);
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return static_cast<Status>(2);
  }
}

template <class Status, class Made> Status create(const char* function, Made** made) {
  return call<Status>(function, [&] {
    *made = new Made;
    return Status{};
  });
}

template <class Status> Status set_stream(const char* function, Handle* handle, cudaStream_t stream) {
  return call<Status>(function, [&] {
    handle->stream = stream;
    handle->thread = std::this_thread::get_id();
    return Status{};
  });
}

/// Queues `work`, unless it would leave the memory that is allocated on the device. The library's number for what is
/// wrong with the handle or its stream is `invalid`.
template <class Status, class Work>
Status enqueue(const char* function, const Handle* handle, Status invalid, std::vector<Operand> operands, Work work) {
  if (!handle || handle->thread != std::this_thread::get_id()) return invalid;
  CUstream_st* queue = emulation::find_stream(handle->stream);
  if (!queue || queue->device != emulation::current_device()) return invalid;
  const auto run = [name = std::string(function), operands = std::move(operands), work, device = queue->device] {
    const auto& allocations = emulation::state().device(device).memory.allocations();
    for (const Operand& operand : operands) {
      const auto bytes = static_cast<std::size_t>(operand.elements) * operand.element_size;
      if (allocations.rest_from(operand.data) >= bytes) continue;
      return emulation::fail_device(cudaErrorLaunchFailure, name + ": " + operand.name + " is not on the device");
    }
    work();
  };
  const cudaError_t status = emulation::enqueue(*queue, {cudaGraphNodeTypeKernel, run});
  return status == cudaSuccess ? Status{} : invalid;
}

/// Calls `f` with a null pointer to the elements' C++ type.
template <class F> void with_type(cudaDataType type, F f) {
  type == CUDA_R_64F ? f(static_cast<double*>(nullptr)) : f(static_cast<float*>(nullptr));
}

/// What the functions with an X share: their memory, and what must be f32 or f64, all of it the same.
struct Problem {
  const char* function;
  cusolverDnHandle_t handle;
  cusolverDnParams_t params;
  cudaDataType type;
  std::vector<cudaDataType> other_types;
  bool sizes_fit;

  bool is_valid() const {
    return handle && params && sizes_fit && (type == CUDA_R_32F || type == CUDA_R_64F) &&
           std::ranges::all_of(other_types, [&](cudaDataType other) { return other == type; });
  }

  cusolverStatus_t ask(std::size_t* device_bytes, std::size_t* host_bytes) const {
    return call<cusolverStatus_t>(function, [&] {
      if (!is_valid()) return CUSOLVER_STATUS_INVALID_VALUE;
      *device_bytes = kDeviceWork;
      *host_bytes = kHostWork;
      return CUSOLVER_STATUS_SUCCESS;
    });
  }

  /// Queues `work`, which gets a null pointer to the elements' type.
  template <class Work> cusolverStatus_t run(void* device, std::size_t device_bytes, void* host, std::size_t host_bytes,
                                             int* info, std::vector<Operand> operands, Work work) const {
    return call<cusolverStatus_t>(function, [&] {
      if (!is_valid()) return CUSOLVER_STATUS_INVALID_VALUE;
      if (device_bytes < kDeviceWork || host_bytes < kHostWork) return CUSOLVER_STATUS_INVALID_WORKSPACE;
      std::memset(host, 0xff, kHostWork);
      for (Operand& operand : operands) {
        if (operand.element_size == 0) operand.element_size = emulation::size_of(type);
      }
      operands.push_back({"the workspace", device, kDeviceWork, 1});
      operands.push_back({"info", info, 1, sizeof(int)});
      return enqueue(function, handle, CUSOLVER_STATUS_INVALID_VALUE, std::move(operands), [=, type = type] {
        std::memset(device, 0xff, kDeviceWork);  // as a GPU changes it
        with_type(type, work);
      });
    });
  }
};

int to_int(std::int64_t n) { return static_cast<int>(n); }
const char* name_of(cublasFillMode_t uplo) { return uplo == CUBLAS_FILL_MODE_UPPER ? "U" : "L"; }

/// The elements of a matrix.
std::int64_t extent(std::int64_t columns, std::int64_t ld, std::int64_t rows) { return (columns - 1) * ld + rows; }

}  // namespace

cublasStatus_t cublasCreate(cublasHandle_t* handle) { return create<cublasStatus_t>(__func__, handle); }
cusolverStatus_t cusolverDnCreate(cusolverDnHandle_t* handle) { return create<cusolverStatus_t>(__func__, handle); }
cusolverStatus_t cusolverDnCreateParams(cusolverDnParams_t* params) {
  return create<cusolverStatus_t>(__func__, params);
}
cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream) {
  return set_stream<cublasStatus_t>(__func__, handle, stream);
}
cusolverStatus_t cusolverDnSetStream(cusolverDnHandle_t handle, cudaStream_t stream) {
  return set_stream<cusolverStatus_t>(__func__, handle, stream);
}

// --- Cholesky

cusolverStatus_t cusolverDnXpotrf_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t params, cublasFillMode_t,
                                             std::int64_t n, cudaDataType type, const void*, std::int64_t lda,
                                             cudaDataType compute, std::size_t* device_bytes, std::size_t* host_bytes) {
  return Problem{__func__, handle, params, type, {compute}, n > 0 && lda >= n}.ask(device_bytes, host_bytes);
}

cusolverStatus_t cusolverDnXpotrf(cusolverDnHandle_t handle, cusolverDnParams_t params, cublasFillMode_t uplo,
                                  std::int64_t n, cudaDataType type, void* a, std::int64_t lda, cudaDataType compute,
                                  void* device, std::size_t device_bytes, void* host, std::size_t host_bytes,
                                  int* info) {
  const Problem problem{__func__, handle, params, type, {compute}, n > 0 && lda >= n};
  return problem.run(device, device_bytes, host, host_bytes, info, {{"A", a, extent(n, lda, n), 0}}, [=]<class T>(T*) {
    const int order = to_int(n), ld = to_int(lda);
    lapack::potrf<T>(name_of(uplo), &order, static_cast<T*>(a), &ld, info, 1);
  });
}

// --- LU

cusolverStatus_t cusolverDnXgetrf_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t params, std::int64_t m,
                                             std::int64_t n, cudaDataType type, const void*, std::int64_t lda,
                                             cudaDataType compute, std::size_t* device_bytes, std::size_t* host_bytes) {
  return Problem{__func__, handle, params, type, {compute}, m > 0 && n > 0 && lda >= m}.ask(device_bytes, host_bytes);
}

cusolverStatus_t cusolverDnXgetrf(cusolverDnHandle_t handle, cusolverDnParams_t params, std::int64_t m, std::int64_t n,
                                  cudaDataType type, void* a, std::int64_t lda, std::int64_t* pivots,
                                  cudaDataType compute, void* device, std::size_t device_bytes, void* host,
                                  std::size_t host_bytes, int* info) {
  const Problem problem{__func__, handle, params, type, {compute}, m > 0 && n > 0 && lda >= m};
  const std::int64_t count = std::min(m, n);
  return problem.run(device, device_bytes, host, host_bytes, info,
                     {{"A", a, extent(n, lda, m), 0}, {"the pivots", pivots, count, sizeof *pivots}}, [=]<class T>(T*) {
                       const int rows = to_int(m), columns = to_int(n), ld = to_int(lda);
                       std::vector<int> found(static_cast<std::size_t>(count));
                       lapack::getrf<T>(&rows, &columns, static_cast<T*>(a), &ld, found.data(), info);
                       std::ranges::copy(found, pivots);
                     });
}

cusolverStatus_t cusolverDnXgetrs(cusolverDnHandle_t handle, cusolverDnParams_t params, cublasOperation_t op,
                                  std::int64_t n, std::int64_t columns, cudaDataType type_a, const void* a,
                                  std::int64_t lda, const std::int64_t* pivots, cudaDataType type_b, void* b,
                                  std::int64_t ldb, int* info) {
  return call<cusolverStatus_t>(__func__, [&, function = __func__] {
    const bool fits = n > 0 && columns > 0 && lda >= n && ldb >= n;
    if (!Problem{function, handle, params, type_a, {type_b}, fits}.is_valid()) return CUSOLVER_STATUS_INVALID_VALUE;
    const std::size_t size = emulation::size_of(type_a);
    return enqueue(function, handle, CUSOLVER_STATUS_INVALID_VALUE,
                   {{"A", a, extent(n, lda, n), size},
                    {"the pivots", pivots, n, sizeof *pivots},
                    {"B", b, extent(columns, ldb, n), size},
                    {"info", info, 1, sizeof(int)}},
                   [=] {
                     with_type(type_a, [=]<class T>(T*) {
                       const int order = to_int(n), count = to_int(columns), ld_a = to_int(lda), ld_b = to_int(ldb);
                       const std::vector<int> found(pivots, pivots + n);
                       lapack::getrs<T>(op == CUBLAS_OP_N ? "N" : "T", &order, &count, static_cast<const T*>(a), &ld_a,
                                        found.data(), static_cast<T*>(b), &ld_b, info, 1);
                     });
                   });
  });
}

// --- QR

cusolverStatus_t cusolverDnXgeqrf_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t params, std::int64_t m,
                                             std::int64_t n, cudaDataType type, const void*, std::int64_t lda,
                                             cudaDataType type_tau, const void*, cudaDataType compute,
                                             std::size_t* device_bytes, std::size_t* host_bytes) {
  return Problem{__func__, handle, params, type, {type_tau, compute}, m > 0 && n > 0 && lda >= m}.ask(device_bytes,
                                                                                                      host_bytes);
}

cusolverStatus_t cusolverDnXgeqrf(cusolverDnHandle_t handle, cusolverDnParams_t params, std::int64_t m, std::int64_t n,
                                  cudaDataType type, void* a, std::int64_t lda, cudaDataType type_tau, void* tau,
                                  cudaDataType compute, void* device, std::size_t device_bytes, void* host,
                                  std::size_t host_bytes, int* info) {
  const Problem problem{__func__, handle, params, type, {type_tau, compute}, m > 0 && n > 0 && lda >= m};
  return problem.run(device, device_bytes, host, host_bytes, info,
                     {{"A", a, extent(n, lda, m), 0}, {"tau", tau, std::min(m, n), 0}}, [=]<class T>(T*) {
                       const int rows = to_int(m), columns = to_int(n), ld = to_int(lda), length = 64 * columns;
                       std::vector<T> work(static_cast<std::size_t>(length));
                       lapack::geqrf<T>(&rows, &columns, static_cast<T*>(a), &ld, static_cast<T*>(tau), work.data(),
                                        &length, info);
                     });
}

namespace {

template <class T> cusolverStatus_t orgqr_size(const char* function, int m, int n, int k, int lda, int* length) {
  return call<cusolverStatus_t>(function, [&] {
    if (n < 1 || m < n || k < 0 || k > n || lda < m) return CUSOLVER_STATUS_INVALID_VALUE;
    *length = static_cast<int>(kDeviceWork / sizeof(T));
    return CUSOLVER_STATUS_SUCCESS;
  });
}

template <class T> cusolverStatus_t orgqr(const char* function, cusolverDnHandle_t handle, int m, int n, int k, T* a,
                                          int lda, const T* tau, T* work, int length, int* info) {
  return call<cusolverStatus_t>(function, [&] {
    if (n < 1 || m < n || k < 0 || k > n || lda < m) return CUSOLVER_STATUS_INVALID_VALUE;
    if (length < static_cast<int>(kDeviceWork / sizeof(T))) return CUSOLVER_STATUS_INVALID_WORKSPACE;
    return enqueue(function, handle, CUSOLVER_STATUS_INVALID_VALUE,
                   {{"A", a, extent(n, lda, m), sizeof(T)},
                    {"tau", tau, k, sizeof(T)},
                    {"the workspace", work, length, sizeof(T)},
                    {"info", info, 1, sizeof(int)}},
                   [=] {
                     std::memset(work, 0xff, kDeviceWork);
                     const int own_length = 64 * n;
                     std::vector<T> own(static_cast<std::size_t>(own_length));
                     lapack::orgqr<T>(&m, &n, &k, a, &lda, tau, own.data(), &own_length, info);
                   });
  });
}

}  // namespace

cusolverStatus_t cusolverDnSorgqr_bufferSize(cusolverDnHandle_t, int m, int n, int k, const float*, int lda,
                                             const float*, int* length) {
  return orgqr_size<float>(__func__, m, n, k, lda, length);
}
cusolverStatus_t cusolverDnDorgqr_bufferSize(cusolverDnHandle_t, int m, int n, int k, const double*, int lda,
                                             const double*, int* length) {
  return orgqr_size<double>(__func__, m, n, k, lda, length);
}
cusolverStatus_t cusolverDnSorgqr(cusolverDnHandle_t handle, int m, int n, int k, float* a, int lda, const float* tau,
                                  float* work, int length, int* info) {
  return orgqr(__func__, handle, m, n, k, a, lda, tau, work, length, info);
}
cusolverStatus_t cusolverDnDorgqr(cusolverDnHandle_t handle, int m, int n, int k, double* a, int lda, const double* tau,
                                  double* work, int length, int* info) {
  return orgqr(__func__, handle, m, n, k, a, lda, tau, work, length, info);
}

// --- singular values

cusolverStatus_t cusolverDnXgesvd_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t params, signed char,
                                             signed char, std::int64_t m, std::int64_t n, cudaDataType type,
                                             const void*, std::int64_t lda, cudaDataType type_s, const void*,
                                             cudaDataType type_u, const void*, std::int64_t, cudaDataType type_vt,
                                             const void*, std::int64_t, cudaDataType compute, std::size_t* device_bytes,
                                             std::size_t* host_bytes) {
  return Problem{__func__, handle, params, type, {type_s, type_u, type_vt, compute}, n > 0 && m >= n && lda >= m}.ask(
      device_bytes, host_bytes);
}

/// As the library's, of matrices with m >= n alone.
cusolverStatus_t cusolverDnXgesvd(cusolverDnHandle_t handle, cusolverDnParams_t params, signed char job_u,
                                  signed char job_vt, std::int64_t m, std::int64_t n, cudaDataType type, void* a,
                                  std::int64_t lda, cudaDataType type_s, void* s, cudaDataType type_u, void* u,
                                  std::int64_t ldu, cudaDataType type_vt, void* vt, std::int64_t ldvt,
                                  cudaDataType compute, void* device, std::size_t device_bytes, void* host,
                                  std::size_t host_bytes, int* info) {
  if (job_u != job_vt) return CUSOLVER_STATUS_NOT_SUPPORTED;
  const bool vectors = job_u != 'N';
  const Problem problem{__func__,
                        handle,
                        params,
                        type,
                        {type_s, type_u, type_vt, compute},
                        n > 0 && m >= n && lda >= m && (!vectors || (ldu >= m && ldvt >= n))};
  std::vector<Operand> operands{{"A", a, extent(n, lda, m), 0}, {"S", s, n, 0}};
  if (vectors) {
    operands.push_back({"U", u, extent(job_u == 'A' ? m : n, ldu, m), 0});
    operands.push_back({"V^T", vt, extent(n, ldvt, n), 0});
  }
  return problem.run(device, device_bytes, host, host_bytes, info, std::move(operands), [=]<class T>(T*) {
    const char job[] = {static_cast<char>(job_u), 0};
    const int rows = to_int(m), columns = to_int(n), ld_a = to_int(lda), ask = -1;
    const int ld_u = vectors ? to_int(ldu) : 1, ld_vt = vectors ? to_int(ldvt) : 1;
    std::vector<int> iwork(static_cast<std::size_t>(8 * n));
    const auto gesdd = [&](T* work, const int* length) {
      lapack::gesdd<T>(job, &rows, &columns, static_cast<T*>(a), &ld_a, static_cast<T*>(s), static_cast<T*>(u), &ld_u,
                       static_cast<T*>(vt), &ld_vt, work, length, iwork.data(), info, 1);
    };
    T asked = 0;
    gesdd(&asked, &ask);
    const int length = to_int(lapack::work_length(asked));
    std::vector<T> work(static_cast<std::size_t>(length));
    gesdd(work.data(), &length);
  });
}

// --- eigenvalues

cusolverStatus_t cusolverDnXsyevd_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t params, cusolverEigMode_t,
                                             cublasFillMode_t, std::int64_t n, cudaDataType type, const void*,
                                             std::int64_t lda, cudaDataType type_w, const void*, cudaDataType compute,
                                             std::size_t* device_bytes, std::size_t* host_bytes) {
  return Problem{__func__, handle, params, type, {type_w, compute}, n > 0 && lda >= n}.ask(device_bytes, host_bytes);
}

cusolverStatus_t cusolverDnXsyevd(cusolverDnHandle_t handle, cusolverDnParams_t params, cusolverEigMode_t job,
                                  cublasFillMode_t uplo, std::int64_t n, cudaDataType type, void* a, std::int64_t lda,
                                  cudaDataType type_w, void* w, cudaDataType compute, void* device,
                                  std::size_t device_bytes, void* host, std::size_t host_bytes, int* info) {
  const Problem problem{__func__, handle, params, type, {type_w, compute}, n > 0 && lda >= n};
  return problem.run(device, device_bytes, host, host_bytes, info, {{"A", a, extent(n, lda, n), 0}, {"W", w, n, 0}},
                     [=]<class T>(T*) {
                       const char* name = job == CUSOLVER_EIG_MODE_VECTOR ? "V" : "N";
                       const int order = to_int(n), ld = to_int(lda), ask = -1;
                       const auto syevd = [&](T* work, const int* length, int* iwork, const int* integers) {
                         lapack::syevd<T>(name, name_of(uplo), &order, static_cast<T*>(a), &ld, static_cast<T*>(w),
                                          work, length, iwork, integers, info, 1, 1);
                       };
                       T asked = 0;
                       int integers = 0;
                       syevd(&asked, &ask, &integers, &ask);
                       const int length = to_int(lapack::work_length(asked));
                       std::vector<T> work(static_cast<std::size_t>(length));
                       std::vector<int> iwork(static_cast<std::size_t>(integers));
                       syevd(work.data(), &length, iwork.data(), &integers);
                     });
}

// --- triangular systems

namespace {

template <class T> cublasStatus_t trsm(const char* function, Trsm<T>* blas, cublasHandle_t handle,
                                       cublasSideMode_t side, cublasFillMode_t uplo, cublasOperation_t op,
                                       cublasDiagType_t diag, int m, int n, T alpha, const T* a, int lda, T* b,
                                       int ldb) {
  return call<cublasStatus_t>(function, [&] {
    const int order = side == CUBLAS_SIDE_LEFT ? m : n;
    if (m < 1 || n < 1 || lda < order || ldb < m) return CUBLAS_STATUS_INVALID_VALUE;
    return enqueue(function, handle, CUBLAS_STATUS_INVALID_VALUE,
                   {{"A", a, extent(order, lda, order), sizeof(T)}, {"B", b, extent(n, ldb, m), sizeof(T)}}, [=] {
                     blas(side == CUBLAS_SIDE_LEFT ? "L" : "R", name_of(uplo), op == CUBLAS_OP_N ? "N" : "T",
                          diag == CUBLAS_DIAG_UNIT ? "U" : "N", &m, &n, &alpha, a, &lda, b, &ldb, 1, 1, 1, 1);
                   });
  });
}

}  // namespace

cublasStatus_t cublasStrsm(cublasHandle_t handle, cublasSideMode_t side, cublasFillMode_t uplo, cublasOperation_t op,
                           cublasDiagType_t diag, int m, int n, const float* alpha, const float* a, int lda, float* b,
                           int ldb) {
  return trsm(__func__, &strsm_, handle, side, uplo, op, diag, m, n, *alpha, a, lda, b, ldb);
}
cublasStatus_t cublasDtrsm(cublasHandle_t handle, cublasSideMode_t side, cublasFillMode_t uplo, cublasOperation_t op,
                           cublasDiagType_t diag, int m, int n, const double* alpha, const double* a, int lda,
                           double* b, int ldb) {
  return trsm(__func__, &dtrsm_, handle, side, uplo, op, diag, m, n, *alpha, a, lda, b, ldb);
}
