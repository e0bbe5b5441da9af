// Whether there is a GPU to compute on, and what is missing where there is none.

#include <string>

#include <reel/kernels/cuda/gemm/cublaslt.h>
#include <reel/kernels/cuda/runtime/kernel_image.h>
#include <reel/kernels/cuda/runtime/runtime.h>
#include <reel/tensor/core/cuda.h>

namespace reel::cuda {
namespace {

std::string version(int number) { return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10); }

struct Availability {
  int devices = 0;
  std::string missing;
};

Availability find_out() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) cudaGetLastError();
  int driver = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess) driver = 0;
  if (driver == 0) return {0, "no CUDA driver is installed (libcuda.so.1)"};
  if (status == cudaErrorInsufficientDriver) {
    return {0, "the CUDA driver is too old: it serves CUDA " + version(driver) + ", this build needs " +
                   version(CUDART_VERSION)};
  }
  if (status == cudaErrorNoDevice || (status == cudaSuccess && count == 0)) return {0, "there is no CUDA device"};
  if (status != cudaSuccess) return {0, "the CUDA driver reports " + kernels::cuda::describe(status)};
  if (const cudaError_t image = kernels::cuda::check_kernel_image(); image != cudaSuccess) {
    cudaGetLastError();
    cudaDeviceProp properties{};
    const bool known = cudaGetDeviceProperties(&properties, 0) == cudaSuccess;
    const std::string gpu = known ? std::string(properties.name) + ", compute capability " +
                                        std::to_string(properties.major) + "." + std::to_string(properties.minor)
                                  : "device 0";
    return {0, "this build has no code for the GPU (" + gpu + "): " + kernels::cuda::describe(image)};
  }
  if (const std::string& problem = kernels::cuda::product::CublasLt::problem(); !problem.empty()) return {0, problem};
  return {count, ""};
}

const Availability& availability() {
  if (kernels::cuda::is_lost()) {
    static const auto* lost = new Availability{
        0,
        "this process was forked from one that had used CUDA, which does not outlive a fork; fork before the first "
        "use, or start the program anew"};
    return *lost;
  }
  static const auto* found = [] {
    kernels::cuda::set_used(true);  // a child that is forked meanwhile could wait for the answer for ever
    auto* answer = new Availability(find_out());
    kernels::cuda::set_used(answer->devices > 0);  // without one, a child's answer is the same
    return answer;
  }();
  return *found;
}

}  // namespace

bool is_available() { return availability().devices > 0; }
std::string unavailable_reason() { return availability().missing; }
int device_count() { return availability().devices; }

}  // namespace reel::cuda
