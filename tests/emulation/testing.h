#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include <cuda_runtime.h>
#include <doctest/doctest.h>

#include "emulation.h"
#include "sanitizer.h"

/// What the tests of the emulation have in common.
namespace emulation::testing {

/// Begins with nothing queued, and ends with the settings as they were and errors forgotten.
class Fixture {
 public:
  Fixture() { CHECK(cudaDeviceSynchronize() == cudaSuccess); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;
  ~Fixture() {
    reset();
    set_order(order_);
    set_queries(Queries::kOnceNotReady);
    cudaSetDevice(0);
    set_device_count(1);
  }

 private:
  Order order_ = order();
};

/// An array on the device.
template <class T> class DeviceArray {
 public:
  explicit DeviceArray(std::size_t n) : n_(n) { REQUIRE(cudaMalloc(&data_, n * sizeof(T)) == cudaSuccess); }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    REQUIRE(cudaMemcpy(data_, values.data(), n_ * sizeof(T), cudaMemcpyHostToDevice) == cudaSuccess);
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  ~DeviceArray() {
    if (cudaFree(data_) == cudaSuccess) return;
    reset();  // a test that planted a bug
    cudaFree(data_);
  }

  T* get() const { return data_; }

  /// Waits for the default stream.
  std::vector<T> read() const {
    std::vector<T> values(n_);
    REQUIRE(cudaMemcpy(values.data(), data_, n_ * sizeof(T), cudaMemcpyDeviceToHost) == cudaSuccess);
    return values;
  }

 private:
  std::size_t n_;
  T* data_ = nullptr;
};

class Stream {
 public:
  explicit Stream(unsigned flags = cudaStreamNonBlocking) {
    REQUIRE(cudaStreamCreateWithFlags(&stream_, flags) == cudaSuccess);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { cudaStreamDestroy(stream_); }
  operator cudaStream_t() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

class Event {
 public:
  explicit Event(unsigned flags = cudaEventDefault) {
    REQUIRE(cudaEventCreateWithFlags(&event_, flags) == cudaSuccess);
  }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { cudaEventDestroy(event_); }
  operator cudaEvent_t() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

/// kernel<<<grid, block, shared, stream>>>(args...)
template <class... Params> cudaError_t launch(void (*kernel)(Params...), dim3 grid, dim3 block, std::size_t shared,
                                              cudaStream_t stream, const std::type_identity_t<Params>&... args) {
  void* pointers[] = {const_cast<void*>(static_cast<const void*>(&args))..., nullptr};
  return cudaLaunchKernel(kernel, grid, block, pointers, shared, stream);
}

/// Whether the emulation finds what is wrong in a kernel that was launched, and says `what`. Forgets it then.
inline bool finds(const std::string& what) {
  const cudaError_t status = cudaDeviceSynchronize();
  const std::string report = last_report();
  reset();
  INFO("the report was: " << report);
  const bool found = status == cudaErrorLaunchFailure && report.find(what) != std::string::npos;
  CHECK(found);
  return found;
}

/// Whether `f` ends the process that runs it, for which there is one of its own.
template <class F> bool dies(F f) {
  const pid_t child = fork();
  if (child == 0) {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT}) {
      if (!sanitizer::kAny) ::signal(signal, SIG_DFL);
    }
    f();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

}  // namespace emulation::testing
