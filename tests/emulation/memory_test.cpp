// The emulated memory of devices and pinned memory: who may use it when, and what happens to it.

#include <algorithm>
#include <cstring>
#include <thread>

#include "testing.h"

using namespace emulation;
using namespace emulation::testing;

namespace {

__global__ void add(float* x, float value, int n) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < static_cast<unsigned>(n)) x[i] += value;
}

__global__ void off_by_one(float* x, int n) {
  for (int i = 0; i <= n; ++i) x[i] = 1;
}

/// Pinned memory.
class PinnedArray {
 public:
  explicit PinnedArray(std::size_t n) { REQUIRE(cudaMallocHost(&data_, n * sizeof(float)) == cudaSuccess); }
  PinnedArray(const PinnedArray&) = delete;
  PinnedArray& operator=(const PinnedArray&) = delete;
  ~PinnedArray() { cudaFreeHost(data_); }
  float* get() const { return data_; }

 private:
  float* data_ = nullptr;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "emulation: host code that touches device memory ends the program") {
  const DeviceArray<float> x(std::vector<float>{1, 2, 3});
  CHECK(dies([&] { x.get()[1] = 5; }));
  CHECK(dies([&] {
    volatile float value = x.get()[0];
    static_cast<void>(value);
  }));
  CHECK(dies([&] {
    float copy = 0;
    std::memcpy(&copy, x.get(), sizeof copy);
    volatile float value = copy;
    static_cast<void>(value);
  }));
  CHECK_FALSE(dies([&] { x.read(); }));
  CHECK(x.read() == std::vector<float>{1, 2, 3});
}

TEST_CASE_FIXTURE(Fixture, "emulation: a kernel that leaves its array is found") {
  const auto run = [] {
    const DeviceArray<float> x(100);
    launch(off_by_one, 1, 1, 0, nullptr, x.get(), 100);
    const cudaError_t status = cudaDeviceSynchronize();
    const bool is_found = last_report().find("off_by_one") != std::string::npos &&
                          last_report().find("400 bytes of device memory were written past") != std::string::npos;
    return status == cudaErrorLaunchFailure && is_found;
  };
  CHECK((sanitizer::kAddress ? dies(run) : run()));
}

TEST_CASE_FIXTURE(Fixture, "emulation: new memory is full of garbage, and memory that is freed is used again") {
  const auto is_garbage = [](const std::vector<float>& values) {
    return std::all_of(values.begin(), values.end(), [](float x) { return x != x; });
  };
  std::size_t before = 0, after = 0, total = 0;
  REQUIRE(cudaMemGetInfo(&before, &total) == cudaSuccess);
  for (int i = 0; i < 1000; ++i) {
    const DeviceArray<float> a(std::vector<float>(1000, 1.0f)), b(static_cast<std::size_t>(1 + i % 7 * 100));
    if (i % 100 == 0) CHECK(is_garbage(b.read()));
  }
  REQUIRE(cudaMemGetInfo(&after, &total) == cudaSuccess);
  CHECK(before == after);
  CHECK(is_garbage(DeviceArray<float>(1000).read()));
}

TEST_CASE_FIXTURE(Fixture, "emulation: memory runs out, and calls fail when they are told to") {
  std::size_t free = 0, total = 0;
  REQUIRE(cudaMemGetInfo(&free, &total) == cudaSuccess);
  set_memory_size(total - free + 1000);
  void* memory = &free;
  CHECK(cudaMalloc(&memory, 1001) == cudaErrorMemoryAllocation);
  CHECK(memory == nullptr);
  CHECK(cudaGetLastError() == cudaErrorMemoryAllocation);
  CHECK(cudaGetLastError() == cudaSuccess);  // it does not stick
  { const DeviceArray<char> all(1000); }
  set_memory_size(total);

  fail_call("cudaMalloc", cudaErrorMemoryAllocation, 2);
  { const DeviceArray<char> first(10); }
  CHECK(cudaMalloc(&memory, 10) == cudaErrorMemoryAllocation);
  { const DeviceArray<char> third(10); }
  CHECK(cudaMalloc(&memory, 0) == cudaSuccess);
  CHECK(memory == nullptr);
  CHECK(cudaFree(nullptr) == cudaSuccess);
}

TEST_CASE_FIXTURE(Fixture, "emulation: copies of wrong ranges and directions are refused") {
  const DeviceArray<float> x(10), y(10);
  std::vector<float> host(10);
  CHECK(cudaMemcpy(x.get(), host.data(), 44, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
  CHECK(cudaMemcpy(x.get(), host.data(), 40, cudaMemcpyDeviceToHost) == cudaErrorInvalidValue);
  CHECK(cudaMemcpy(x.get(), y.get(), 40, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
  CHECK(cudaMemcpyAsync(x.get() + 5, y.get(), 24, cudaMemcpyDeviceToDevice) == cudaErrorInvalidValue);
  CHECK(cudaMemsetAsync(x.get() + 9, 0, 8) == cudaErrorInvalidValue);
  CHECK(cudaMemset(host.data(), 0, 8) == cudaErrorInvalidValue);
  CHECK(cudaMemcpyAsync(x.get() + 5, y.get(), 20, cudaMemcpyDefault) == cudaSuccess);
  CHECK(cudaFree(x.get() + 1) == cudaErrorInvalidValue);
  CHECK(cudaFree(host.data()) == cudaErrorInvalidValue);
  float* freed = nullptr;
  REQUIRE(cudaMalloc(&freed, 40) == cudaSuccess);
  REQUIRE(cudaFree(freed) == cudaSuccess);
  CHECK(cudaFree(freed) == cudaErrorInvalidValue);
  CHECK(cudaMemcpy(freed, y.get(), 40, cudaMemcpyDeviceToDevice) == cudaErrorInvalidValue);
}

TEST_CASE_FIXTURE(Fixture, "emulation: pageable memory is read at the call and written before it returns") {
  const DeviceArray<float> x(std::vector<float>{1, 2});
  std::vector<float> host{3, 4};
  REQUIRE(cudaMemcpyAsync(x.get(), host.data(), 8, cudaMemcpyHostToDevice) == cudaSuccess);
  host = {0, 0};
  REQUIRE(launch(add, 1, 32, 0, nullptr, x.get(), 10.0f, 2) == cudaSuccess);
  REQUIRE(cudaMemcpyAsync(host.data(), x.get(), 8, cudaMemcpyDeviceToHost) == cudaSuccess);
  CHECK(host == std::vector<float>{13, 14});
}

TEST_CASE_FIXTURE(Fixture, "emulation: pinned memory that is used too early shows") {
  const DeviceArray<float> x(std::vector<float>{1, 2});
  const PinnedArray in(2), out(2);
  in.get()[0] = 5;
  in.get()[1] = 6;
  out.get()[0] = -1;
  REQUIRE(cudaMemcpyAsync(x.get(), in.get(), 8, cudaMemcpyHostToDevice) == cudaSuccess);
  in.get()[1] = 7;  // the bug: the copy has not been made
  REQUIRE(cudaMemcpyAsync(out.get(), x.get(), 8, cudaMemcpyDeviceToHost) == cudaSuccess);
  CHECK(out.get()[0] == -1);  // reading now is the bug
  REQUIRE(cudaStreamSynchronize(nullptr) == cudaSuccess);
  CHECK(out.get()[0] == 5);
  CHECK(out.get()[1] == 7);
}

TEST_CASE_FIXTURE(Fixture, "emulation: kernels read and write pinned memory") {
  const PinnedArray x(1);
  x.get()[0] = 1;
  void* device = nullptr;
  REQUIRE(cudaHostGetDevicePointer(&device, x.get(), 0) == cudaSuccess);
  REQUIRE(launch(add, 1, 32, 0, nullptr, static_cast<float*>(device), 2.0f, 1) == cudaSuccess);
  CHECK(x.get()[0] == 1);
  REQUIRE(cudaDeviceSynchronize() == cudaSuccess);
  CHECK(x.get()[0] == 3);
}

TEST_CASE_FIXTURE(Fixture, "emulation: cudaFree waits for the kernels that use the memory") {
  float* x = nullptr;
  const PinnedArray out(1);
  REQUIRE(cudaMalloc(&x, 4) == cudaSuccess);
  REQUIRE(cudaMemset(x, 0, 4) == cudaSuccess);
  REQUIRE(launch(add, 1, 32, 0, nullptr, x, 2.0f, 1) == cudaSuccess);
  REQUIRE(cudaMemcpyAsync(out.get(), x, 4, cudaMemcpyDeviceToHost) == cudaSuccess);
  REQUIRE(cudaFree(x) == cudaSuccess);
  CHECK(out.get()[0] == 2);
}

TEST_CASE_FIXTURE(Fixture, "emulation: devices have memory of their own") {
  set_device_count(2);
  int count = 0;
  REQUIRE(cudaGetDeviceCount(&count) == cudaSuccess);
  CHECK(count == 2);
  CHECK(cudaSetDevice(2) == cudaErrorInvalidDevice);
  const DeviceArray<float> first(std::vector<float>{1});
  REQUIRE(cudaSetDevice(1) == cudaSuccess);
  const DeviceArray<float> second(std::vector<float>{2});
  REQUIRE(cudaMemcpyPeerAsync(second.get(), 1, first.get(), 0, 4) == cudaSuccess);
  CHECK(second.read() == std::vector<float>{1});
  cudaPointerAttributes attributes{};
  REQUIRE(cudaPointerGetAttributes(&attributes, second.get()) == cudaSuccess);
  CHECK(attributes.type == cudaMemoryTypeDevice);
  CHECK(attributes.device == 1);
  const auto use_the_other = [&] {
    REQUIRE(launch(add, 1, 32, 0, nullptr, first.get(), 1.0f, 1) == cudaSuccess);
    return cudaDeviceSynchronize();
  };
  if (sanitizer::kAny) {
    CHECK(dies(use_the_other));
  } else {
    CHECK(use_the_other() == cudaErrorLaunchFailure);
    reset();
  }
}

TEST_CASE_FIXTURE(Fixture, "emulation: several threads may copy and launch") {
  const DeviceArray<float> x(std::vector<float>(64));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      cudaStream_t stream = nullptr;
      cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
      for (int i = 0; i < 50; ++i) {
        const float one = 1;
        void* scratch = nullptr;
        cudaMalloc(&scratch, 100);
        cudaMemcpyAsync(scratch, &one, 4, cudaMemcpyHostToDevice, stream);
        launch(add, 1, 32, 0, stream, x.get() + 16 * t, 1.0f, 16);
        cudaStreamSynchronize(stream);
        cudaFree(scratch);
      }
      cudaStreamDestroy(stream);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(x.read() == std::vector<float>(64, 50.0f));
}
