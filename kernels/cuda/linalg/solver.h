#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/linalg/cusolver.h>
#include <reel/tensor/core/dtype.h>

/// What all decompositions on the GPU share: handles, memory, sizes, errors.
namespace reel::kernels::cuda::linalg {

/// Throws a DeviceError that names the call unless `status` is success.
void check_status(cusolverStatus_t status, const char* call);
void check_status(cublasStatus_t status, const char* call);

/// The handles for a stream, which only one thread may use at a time; null until they are needed.
struct Handles {
  cusolverDnHandle_t solver = nullptr;
  cusolverDnParams_t params = nullptr;
  cublasHandle_t blas = nullptr;
};

/// Handles for the current stream, for the time of a call. Calls that run at the same time have different ones: handles
/// have memory that the work of one stream uses in order. They are kept for the next call and never destroyed, as
/// everything of CUDA's. A DeviceError while a graph is recorded: that memory would be part of it.
class Lease {
 public:
  Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();

  cusolverDnHandle_t solver();
  cusolverDnParams_t params();
  cublasHandle_t blas();

 private:
  std::pair<int, cudaStream_t> key_;  // the device, too
  Handles handles_;
};

/// The bytes that a function asks for.
struct WorkSizes {
  std::size_t device = 0, host = 0;
};

/// These bytes for the time of a call.
class Workspace {
 public:
  explicit Workspace(const WorkSizes& sizes)
      : sizes_(sizes), device_(static_cast<std::int64_t>(sizes.device)), host_(sizes.host) {}

  void* device() { return device_.data(); }
  std::size_t device_bytes() const { return sizes_.device; }
  void* host() { return host_.data(); }
  std::size_t host_bytes() const { return sizes_.host; }

 private:
  WorkSizes sizes_;
  Scratch<char> device_;
  std::vector<char> host_;
};

/// f32 or f64 as the libraries name them.
inline cudaDataType data_type(DType dtype) { return dtype == DType::f32 ? CUDA_R_32F : CUDA_R_64F; }

/// The matrix with the number `i`, of `elements` each.
inline void* matrix(void* first, DType dtype, std::int64_t i, std::int64_t elements) {
  return static_cast<char*>(first) + i * elements * static_cast<std::int64_t>(size_of(dtype));
}

/// A size for functions that take 32 bits; a ShapeError beyond them.
int to_int(std::int64_t n);

}  // namespace reel::kernels::cuda::linalg
