// Streams, events and launches: what waits for what, what does not, and what is refused.

#include "testing.h"

using namespace emulation;
using namespace emulation::testing;

namespace {

__global__ void append(int* list, int value) { list[++list[0]] = value; }

__global__ void nothing() {}

/// Notes the order in which kernels run.
class List {
 public:
  List() : list_(std::vector<int>(64)) {}

  void append_in(cudaStream_t stream, int value) const {
    REQUIRE(launch(append, 1, 1, 0, stream, list_.get(), value) == cudaSuccess);
  }
  /// After everything has run.
  std::vector<int> read() const {
    REQUIRE(cudaDeviceSynchronize() == cudaSuccess);
    const auto all = list_.read();
    return {all.begin() + 1, all.begin() + 1 + all[0]};
  }

 private:
  DeviceArray<int> list_;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "emulation: a wait that is missing between two streams shows") {
  const Stream producer, consumer;
  const Event ready;
  for (const bool waits : {false, true}) {
    const List list;
    list.append_in(producer, 1);
    REQUIRE(cudaEventRecord(ready, producer) == cudaSuccess);
    if (waits) REQUIRE(cudaStreamWaitEvent(consumer, ready) == cudaSuccess);
    list.append_in(consumer, 2);
    REQUIRE(cudaStreamSynchronize(consumer) == cudaSuccess);
    CHECK(list.read() == (waits ? std::vector<int>{1, 2} : std::vector<int>{2, 1}));
  }
}

TEST_CASE_FIXTURE(Fixture, "emulation: an event stands for what was queued when it was recorded") {
  const Stream a, b;
  const Event event;
  const List list;
  REQUIRE(cudaStreamWaitEvent(b, event) == cudaSuccess);  // never recorded: nothing to wait for
  list.append_in(a, 1);
  REQUIRE(cudaEventRecord(event, a) == cudaSuccess);
  list.append_in(a, 2);
  REQUIRE(cudaStreamWaitEvent(b, event) == cudaSuccess);
  REQUIRE(cudaEventRecord(event, a) == cudaSuccess);  // does not change the wait
  list.append_in(b, 3);
  REQUIRE(cudaStreamSynchronize(b) == cudaSuccess);
  CHECK(list.read() == std::vector<int>{1, 3, 2});
}

TEST_CASE_FIXTURE(Fixture, "emulation: the default stream and blocking streams wait for each other") {
  const Stream blocking(cudaStreamDefault), other(cudaStreamNonBlocking);
  const List list;
  list.append_in(other, 1);
  list.append_in(blocking, 2);
  list.append_in(nullptr, 3);
  list.append_in(blocking, 4);
  REQUIRE(cudaStreamSynchronize(blocking) == cudaSuccess);
  REQUIRE(cudaStreamSynchronize(other) == cudaSuccess);
  CHECK(list.read() == std::vector<int>{2, 3, 4, 1});
}

TEST_CASE_FIXTURE(Fixture, "emulation: queries answer as they are told to") {
  const Stream stream;
  const Event event;
  const auto record = [&] {
    REQUIRE(launch(nothing, 1, 1, 0, stream) == cudaSuccess);
    REQUIRE(cudaEventRecord(event, stream) == cudaSuccess);
  };
  record();
  CHECK(cudaEventQuery(event) == cudaErrorNotReady);
  CHECK(cudaGetLastError() == cudaErrorNotReady);
  CHECK(cudaEventQuery(event) == cudaSuccess);
  CHECK(cudaStreamQuery(stream) == cudaSuccess);
  set_queries(Queries::kNotReady);
  record();
  for (int i = 0; i < 3; ++i) CHECK(cudaStreamQuery(stream) == cudaErrorNotReady);
  CHECK(cudaEventSynchronize(event) == cudaSuccess);
  CHECK(cudaEventQuery(event) == cudaSuccess);
  set_queries(Queries::kReady);
  record();
  CHECK(cudaEventQuery(event) == cudaSuccess);
}

TEST_CASE_FIXTURE(Fixture, "emulation: events measure time") {
  const Event start, end, untimed(cudaEventDisableTiming);
  float time = -1;
  REQUIRE(cudaEventRecord(start) == cudaSuccess);
  CHECK(cudaEventElapsedTime(&time, start, end) == cudaErrorInvalidResourceHandle);  // not recorded
  REQUIRE(launch(nothing, 1000, 32, 0, nullptr) == cudaSuccess);
  REQUIRE(cudaEventRecord(end) == cudaSuccess);
  REQUIRE(cudaEventRecord(untimed) == cudaSuccess);
  CHECK(cudaEventElapsedTime(&time, start, end) == cudaErrorNotReady);
  REQUIRE(cudaEventSynchronize(end) == cudaSuccess);
  CHECK(cudaEventElapsedTime(&time, start, end) == cudaSuccess);
  CHECK(time > 0);
  CHECK(cudaEventElapsedTime(&time, start, untimed) == cudaErrorInvalidResourceHandle);
}

TEST_CASE_FIXTURE(Fixture, "emulation: streams and events that are gone are refused") {
  cudaStream_t stream = nullptr;
  cudaEvent_t event = nullptr;
  REQUIRE(cudaStreamCreate(&stream) == cudaSuccess);
  REQUIRE(cudaEventCreate(&event) == cudaSuccess);
  const List list;
  list.append_in(stream, 1);
  REQUIRE(cudaStreamDestroy(stream) == cudaSuccess);
  REQUIRE(cudaEventDestroy(event) == cudaSuccess);
  CHECK(list.read() == std::vector<int>{1});
  CHECK(launch(nothing, 1, 1, 0, stream) == cudaErrorInvalidResourceHandle);
  CHECK(cudaStreamSynchronize(stream) == cudaErrorInvalidResourceHandle);
  CHECK(cudaEventRecord(event) == cudaErrorInvalidResourceHandle);
  CHECK(cudaEventDestroy(event) == cudaErrorInvalidResourceHandle);
}

TEST_CASE_FIXTURE(Fixture, "emulation: a stream belongs to the device that it was made on") {
  const Stream stream;
  set_device_count(2);
  REQUIRE(cudaSetDevice(1) == cudaSuccess);
  CHECK(launch(nothing, 1, 1, 0, stream) == cudaErrorInvalidResourceHandle);
  const Event event;
  CHECK(cudaEventRecord(event, stream) == cudaErrorInvalidResourceHandle);
  REQUIRE(cudaEventRecord(event) == cudaSuccess);
  CHECK(cudaStreamWaitEvent(stream, event) == cudaSuccess);
}

TEST_CASE_FIXTURE(Fixture, "emulation: what waits is bounded, as on a GPU") {
  const Stream stream;
  const std::uint64_t before = counts().launches;
  for (int i = 0; i < 5000; ++i) REQUIRE(launch(nothing, 1, 1, 0, stream) == cudaSuccess);
  CHECK(counts().launches > before + 3000);
  CHECK(counts().launches < before + 5000);
  REQUIRE(cudaStreamSynchronize(stream) == cudaSuccess);
  CHECK(counts().launches == before + 5000);
}

TEST_CASE_FIXTURE(Fixture, "emulation: launches are refused where a GPU would refuse them") {
  const auto launch_nothing = [](dim3 grid, dim3 block, std::size_t shared = 0) {
    return launch(nothing, grid, block, shared, nullptr);
  };
  for (const dim3 grid : {dim3(0), dim3(1, 0), dim3(1, 65536), dim3(1, 1, 65536), dim3(0x80000000u)}) {
    CHECK(launch_nothing(grid, 32) == cudaErrorInvalidConfiguration);
  }
  for (const dim3 block : {dim3(0), dim3(1025), dim3(32, 33), dim3(1, 1, 65), dim3(0x10000, 0x10000, 1)}) {
    CHECK(launch_nothing(1, block) == cudaErrorInvalidConfiguration);
  }
  CHECK(cudaGetLastError() == cudaErrorInvalidConfiguration);
  CHECK(launch_nothing(dim3(1, 65535), 1) == cudaSuccess);
  CHECK(launch_nothing(1, 1024, 48 * 1024) == cudaSuccess);
  CHECK(launch_nothing(1, 32, 48 * 1024 + 1) == cudaErrorInvalidValue);
  const auto allow = [](int bytes) {
    return cudaFuncSetAttribute(nothing, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
  };
  CHECK(allow(227 * 1024 + 1) == cudaErrorInvalidValue);
  CHECK(allow(227 * 1024) == cudaSuccess);
  CHECK(launch_nothing(1, 32, 227 * 1024) == cudaSuccess);
  CHECK(launch_nothing(1, 32, 227 * 1024 + 1) == cudaErrorInvalidValue);
  CHECK(allow(48 * 1024) == cudaSuccess);
  CHECK(cudaDeviceSynchronize() == cudaSuccess);
}

TEST_CASE_FIXTURE(Fixture, "emulation: errors and kernels have names") {
  CHECK(std::string(cudaGetErrorName(cudaErrorStreamCaptureInvalidated)) == "cudaErrorStreamCaptureInvalidated");
  CHECK(std::string(cudaGetErrorString(cudaErrorMemoryAllocation)) == "out of memory");
  CHECK(std::string(cudaGetErrorName(static_cast<cudaError_t>(12345))) == "unrecognized error code");
  const char* name = nullptr;
  REQUIRE(cudaFuncGetName(&name, reinterpret_cast<const void*>(&nothing)) == cudaSuccess);
  CHECK(std::string(name).find("nothing") != std::string::npos);
}
