// What all decompositions on the GPU share.

#include <reel/kernels/cuda/linalg/solver.h>

#include <limits>
#include <map>
#include <mutex>
#include <string>

#include <reel/kernels/linalg.h>
#include <reel/tensor/core/error.h>

namespace reel::kernels::cuda {
namespace linalg {
namespace {

/// The handles of a stream that nobody uses at the moment, and how many there are altogether.
struct Kept {
  std::vector<Handles> idle;
  std::size_t made = 0;
};

std::mutex mutex;  // of all of them

Kept& kept_for(const std::pair<int, cudaStream_t>& key) {
  static auto* kept = new std::map<std::pair<int, cudaStream_t>, Kept>;
  return (*kept)[key];
}

[[noreturn]] void fail_call(const char* call, const char* library, int status) {
  throw DeviceError(std::string("cuda: ") + call + " failed with " + library + " status " + std::to_string(status));
}

}  // namespace

void check_status(cusolverStatus_t status, const char* call) {
  if (status != CUSOLVER_STATUS_SUCCESS) fail_call(call, "cuSOLVER", static_cast<int>(status));
}

void check_status(cublasStatus_t status, const char* call) {
  if (status != CUBLAS_STATUS_SUCCESS) fail_call(call, "cuBLAS", static_cast<int>(status));
}

Lease::Lease() {
  forbid_in_capture("a decomposition of matrices");
  key_ = {reel::cuda::current_device(), current_stream()};
  const std::scoped_lock lock(mutex);
  auto& [idle, made] = kept_for(key_);
  if (idle.empty()) {
    idle.reserve(made + 1);  // so that giving back cannot fail
    ++made;
  } else {
    handles_ = idle.back();
    idle.pop_back();
  }
}

Lease::~Lease() {
  const std::scoped_lock lock(mutex);
  kept_for(key_).idle.push_back(handles_);
}

cusolverDnHandle_t Lease::solver() {
  const Cusolver& library = Cusolver::get();
  if (!handles_.solver) check_status(library.create(&handles_.solver), "cusolverDnCreate");
  check_status(library.set_stream(handles_.solver, key_.second), "cusolverDnSetStream");
  return handles_.solver;
}

cusolverDnParams_t Lease::params() {
  if (!handles_.params) check_status(Cusolver::get().create_params(&handles_.params), "cusolverDnCreateParams");
  return handles_.params;
}

cublasHandle_t Lease::blas() {
  const Cusolver& library = Cusolver::get();
  if (!handles_.blas) check_status(library.blas_create(&handles_.blas), "cublasCreate");
  check_status(library.blas_set_stream(handles_.blas, key_.second), "cublasSetStream");
  return handles_.blas;
}

int to_int(std::int64_t n) {
  if (n > std::numeric_limits<int>::max()) {
    throw ShapeError("linalg: a matrix is too large for cuSOLVER's 32-bit sizes");
  }
  return static_cast<int>(n);
}

}  // namespace linalg

bool has_cusolver() { return linalg::Cusolver::problem().empty(); }

}  // namespace reel::kernels::cuda
