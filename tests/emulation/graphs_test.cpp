// Capture of graphs: what they hold, what ends a capture, and that nodes run in the order that they depend on.

#include <thread>

#include "testing.h"

using namespace emulation;
using namespace emulation::testing;

namespace {

__global__ void add(int* x, int value) { *x += value; }
__global__ void multiply(int* x, int value) { *x *= value; }

/// A graph that is launched until the end of the scope.
class Graph {
 public:
  explicit Graph(cudaGraph_t graph) : graph_(graph) { REQUIRE(cudaGraphInstantiate(&exec_, graph) == cudaSuccess); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  ~Graph() {
    cudaGraphExecDestroy(exec_);
    cudaGraphDestroy(graph_);
  }

  void launch_in(cudaStream_t stream) const { REQUIRE(cudaGraphLaunch(exec_, stream) == cudaSuccess); }
  std::size_t size() const {
    std::size_t count = 0;
    REQUIRE(cudaGraphGetNodes(graph_, nullptr, &count) == cudaSuccess);
    return count;
  }

 private:
  cudaGraph_t graph_;
  cudaGraphExec_t exec_ = nullptr;
};

void begin(cudaStream_t stream, cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal) {
  REQUIRE(cudaStreamBeginCapture(stream, mode) == cudaSuccess);
}

cudaGraph_t end(cudaStream_t stream) {
  cudaGraph_t graph = nullptr;
  REQUIRE(cudaStreamEndCapture(stream, &graph) == cudaSuccess);
  return graph;
}

/// How a capture ends in which `call` was made.
template <class F> cudaError_t end_after(F call, cudaError_t expected) {
  const Stream stream;
  begin(stream);
  CHECK(call(stream) == expected);
  cudaGraph_t graph = nullptr;
  const cudaError_t status = cudaStreamEndCapture(stream, &graph);
  CHECK((graph == nullptr) == (status != cudaSuccess));
  cudaGraphDestroy(graph);
  CHECK(cudaStreamSynchronize(stream) == cudaSuccess);  // it is an ordinary stream again
  return status;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "emulation: a graph runs what was captured, each time that it is launched") {
  const Stream stream;
  const DeviceArray<int> x(std::vector<int>{1});
  begin(stream);
  int value = 2;
  REQUIRE(launch(add, 1, 1, 0, stream, x.get(), value) == cudaSuccess);
  value = 100;  // arguments are copied by the call
  REQUIRE(launch(multiply, 1, 1, 0, stream, x.get(), 3) == cudaSuccess);
  cudaStreamCaptureStatus status{};
  REQUIRE(cudaStreamIsCapturing(stream, &status) == cudaSuccess);
  CHECK(status == cudaStreamCaptureStatusActive);
  const Graph graph(end(stream));
  CHECK(graph.size() == 2);
  CHECK(x.read() == std::vector<int>{1});
  graph.launch_in(stream);
  graph.launch_in(stream);
  REQUIRE(cudaStreamSynchronize(stream) == cudaSuccess);
  CHECK(x.read() == std::vector<int>{33});
}

TEST_CASE_FIXTURE(Fixture, "emulation: copies and fills are captured, too, and read memory when the graph runs") {
  const Stream stream;
  const DeviceArray<int> x(1), y(1);
  int* pinned = nullptr;
  REQUIRE(cudaMallocHost(&pinned, sizeof(int)) == cudaSuccess);
  begin(stream);
  REQUIRE(cudaMemsetAsync(x.get(), 0, 4, stream) == cudaSuccess);
  REQUIRE(cudaMemcpyAsync(y.get(), pinned, 4, cudaMemcpyHostToDevice, stream) == cudaSuccess);
  cudaGraph_t captured = end(stream);
  cudaGraphNode_t nodes[2];
  std::size_t count = 2;
  REQUIRE(cudaGraphGetNodes(captured, nodes, &count) == cudaSuccess);
  cudaGraphNodeType type{};
  REQUIRE(cudaGraphNodeGetType(nodes[0], &type) == cudaSuccess);
  CHECK(type == cudaGraphNodeTypeMemset);
  REQUIRE(cudaGraphNodeGetType(nodes[1], &type) == cudaSuccess);
  CHECK(type == cudaGraphNodeTypeMemcpy);
  const Graph graph(captured);
  for (const int value : {4, 5}) {
    *pinned = value;
    graph.launch_in(stream);
    REQUIRE(cudaStreamSynchronize(stream) == cudaSuccess);
    CHECK(y.read() == std::vector<int>{value});
  }
  CHECK(x.read() == std::vector<int>{0});
  CHECK(cudaFreeHost(pinned) == cudaSuccess);
}

TEST_CASE_FIXTURE(Fixture, "emulation: calls that a graph cannot hold fail and end the capture") {
  const DeviceArray<int> x(1);
  const Event event;
  REQUIRE(cudaEventRecord(event) == cudaSuccess);
  void* memory = nullptr;
  int host = 0;
  const auto is_forbidden = [](auto call) {
    return end_after(call, cudaErrorStreamCaptureUnsupported) == cudaErrorStreamCaptureInvalidated;
  };
  CHECK(is_forbidden([](cudaStream_t stream) { return cudaStreamSynchronize(stream); }));
  CHECK(is_forbidden([](cudaStream_t stream) { return cudaStreamQuery(stream); }));
  CHECK(is_forbidden([](cudaStream_t) { return cudaDeviceSynchronize(); }));
  CHECK(is_forbidden([&](cudaStream_t) { return cudaMalloc(&memory, 4); }));
  CHECK(is_forbidden([&](cudaStream_t) { return cudaFree(x.get()); }));
  CHECK(is_forbidden([&](cudaStream_t) { return cudaHostAlloc(&memory, 4, cudaHostAllocDefault); }));
  CHECK(is_forbidden([&](cudaStream_t) { return cudaMemcpy(&host, x.get(), 4, cudaMemcpyDeviceToHost); }));
  CHECK(is_forbidden([&](cudaStream_t) { return cudaMemset(x.get(), 0, 4); }));
  CHECK(is_forbidden([&](cudaStream_t) { return cudaEventQuery(event); }));
  CHECK(is_forbidden([&](cudaStream_t) { return cudaEventSynchronize(event); }));
  CHECK(is_forbidden([&](cudaStream_t stream) {  // from pageable memory
    return cudaMemcpyAsync(x.get(), &host, 4, cudaMemcpyHostToDevice, stream);
  }));
  const auto go_on = [&](cudaStream_t stream) {
    CHECK(cudaMalloc(&memory, 4) == cudaErrorStreamCaptureUnsupported);
    cudaStreamCaptureStatus status{};
    REQUIRE(cudaStreamIsCapturing(stream, &status) == cudaSuccess);
    CHECK(status == cudaStreamCaptureStatusInvalidated);
    return launch(add, 1, 1, 0, stream, x.get(), 1);
  };
  CHECK(end_after(go_on, cudaErrorStreamCaptureInvalidated) == cudaErrorStreamCaptureInvalidated);
}

TEST_CASE_FIXTURE(Fixture, "emulation: the mode of a capture says which threads may call what") {
  const Stream stream;
  void* memory = nullptr;
  const auto allocate = [&] {
    const cudaError_t status = cudaMalloc(&memory, 4);
    if (status == cudaSuccess) cudaFree(memory);
    return status;
  };
  const auto allocate_elsewhere = [&] {
    cudaError_t status = cudaSuccess;
    std::thread([&] { status = allocate(); }).join();
    return status;
  };
  begin(stream);
  cudaStreamCaptureMode mode = cudaStreamCaptureModeRelaxed;
  REQUIRE(cudaThreadExchangeStreamCaptureMode(&mode) == cudaSuccess);
  CHECK(mode == cudaStreamCaptureModeGlobal);
  CHECK(allocate() == cudaSuccess);
  REQUIRE(cudaThreadExchangeStreamCaptureMode(&mode) == cudaSuccess);
  cudaGraphDestroy(end(stream));

  cudaGraph_t graph = nullptr;
  begin(stream);
  CHECK(allocate_elsewhere() == cudaErrorStreamCaptureUnsupported);
  CHECK(cudaStreamEndCapture(stream, &graph) == cudaErrorStreamCaptureInvalidated);
  begin(stream, cudaStreamCaptureModeThreadLocal);
  CHECK(allocate_elsewhere() == cudaSuccess);
  cudaError_t status = cudaSuccess;
  std::thread([&] { status = cudaStreamEndCapture(stream, &graph); }).join();
  CHECK(status == cudaErrorStreamCaptureWrongThread);
  CHECK(allocate() == cudaErrorStreamCaptureUnsupported);
  CHECK(cudaStreamEndCapture(stream, &graph) == cudaErrorStreamCaptureInvalidated);
  begin(stream, cudaStreamCaptureModeRelaxed);
  CHECK(allocate() == cudaSuccess);
  cudaGraphDestroy(end(stream));
  CHECK(cudaStreamEndCapture(stream, &graph) == cudaErrorIllegalState);
}

TEST_CASE_FIXTURE(Fixture, "emulation: streams fork from a capture and join it") {
  const Stream main, side;
  const Event fork, join;
  const DeviceArray<int> x(std::vector<int>{1}), y(std::vector<int>{1});
  for (const Order order : {Order::kForward, Order::kReverse}) {
    set_order(order);
    begin(main);
    REQUIRE(launch(add, 1, 1, 0, main, x.get(), 1) == cudaSuccess);
    REQUIRE(cudaEventRecord(fork, main) == cudaSuccess);
    REQUIRE(cudaStreamWaitEvent(side, fork) == cudaSuccess);
    REQUIRE(launch(add, 1, 1, 0, side, y.get(), 1) == cudaSuccess);
    REQUIRE(cudaEventRecord(join, side) == cudaSuccess);
    REQUIRE(launch(multiply, 1, 1, 0, main, x.get(), 3) == cudaSuccess);
    REQUIRE(cudaStreamWaitEvent(main, join) == cudaSuccess);
    REQUIRE(launch(multiply, 1, 1, 0, main, y.get(), 3) == cudaSuccess);
    const Graph graph(end(main));
    CHECK(graph.size() == 4);
    graph.launch_in(side);  // which is an ordinary stream again
    REQUIRE(cudaStreamSynchronize(side) == cudaSuccess);
  }
  CHECK(x.read() == std::vector<int>{21});
  CHECK(y.read() == std::vector<int>{21});
}

TEST_CASE_FIXTURE(Fixture, "emulation: a dependency that is missing in a graph shows") {
  const auto run = [](Order order) {
    set_order(order);
    const Stream main, side;
    const Event fork, join;
    const DeviceArray<int> x(std::vector<int>{1});
    begin(main);
    REQUIRE(cudaEventRecord(fork, main) == cudaSuccess);
    REQUIRE(cudaStreamWaitEvent(side, fork) == cudaSuccess);
    REQUIRE(launch(add, 1, 1, 0, main, x.get(), 1) == cudaSuccess);
    REQUIRE(launch(multiply, 1, 1, 0, side, x.get(), 3) == cudaSuccess);  // at the same time
    REQUIRE(cudaEventRecord(join, side) == cudaSuccess);
    REQUIRE(cudaStreamWaitEvent(main, join) == cudaSuccess);
    const Graph graph(end(main));
    graph.launch_in(main);
    REQUIRE(cudaStreamSynchronize(main) == cudaSuccess);
    return x.read();
  };
  CHECK(run(Order::kForward) == std::vector<int>{6});
  CHECK(run(Order::kReverse) == std::vector<int>{4});
}

TEST_CASE_FIXTURE(Fixture, "emulation: streams that do not join, or depend on others, end a capture") {
  const Stream other;
  const Event event, fork;
  const DeviceArray<int> x(1);
  const auto leave_unjoined = [&](cudaStream_t stream) {
    REQUIRE(cudaEventRecord(fork, stream) == cudaSuccess);
    REQUIRE(cudaStreamWaitEvent(other, fork) == cudaSuccess);
    return launch(add, 1, 1, 0, other, x.get(), 1);
  };
  CHECK(end_after(leave_unjoined, cudaSuccess) == cudaErrorStreamCaptureUnjoined);

  REQUIRE(cudaEventRecord(event, other) == cudaSuccess);
  const auto wait_for_others = [&](cudaStream_t stream) { return cudaStreamWaitEvent(stream, event); };
  CHECK(end_after(wait_for_others, cudaErrorStreamCaptureIsolation) == cudaErrorStreamCaptureInvalidated);

  const auto query_captured = [&](cudaStream_t stream) {
    REQUIRE(cudaEventRecord(event, stream) == cudaSuccess);
    cudaStreamCaptureMode mode = cudaStreamCaptureModeRelaxed;
    cudaThreadExchangeStreamCaptureMode(&mode);
    const cudaError_t status = cudaEventQuery(event);
    cudaThreadExchangeStreamCaptureMode(&mode);
    return status;
  };
  CHECK(end_after(query_captured, cudaErrorCapturedEvent) == cudaErrorStreamCaptureInvalidated);
  CHECK(cudaStreamWaitEvent(other, event) == cudaErrorCapturedEvent);  // of a capture that has ended

  const auto merge = [&](cudaStream_t stream) {
    begin(other);
    REQUIRE(cudaEventRecord(event, other) == cudaSuccess);
    const cudaError_t status = cudaStreamWaitEvent(stream, event);
    cudaGraph_t graph = nullptr;
    CHECK(cudaStreamEndCapture(other, &graph) == cudaErrorStreamCaptureInvalidated);
    return status;
  };
  CHECK(end_after(merge, cudaErrorStreamCaptureMerge) == cudaErrorStreamCaptureInvalidated);
}

TEST_CASE_FIXTURE(Fixture, "emulation: the default stream cannot be captured, and must not wait for a capture") {
  const Stream blocking(cudaStreamDefault), other;
  const DeviceArray<int> x(std::vector<int>{0});
  CHECK(cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeGlobal) == cudaErrorStreamCaptureUnsupported);
  begin(other);
  CHECK(launch(add, 1, 1, 0, nullptr, x.get(), 1) == cudaSuccess);
  cudaGraphDestroy(end(other));
  begin(blocking);
  CHECK(launch(add, 1, 1, 0, nullptr, x.get(), 1) == cudaErrorStreamCaptureImplicit);
  cudaGraph_t graph = nullptr;
  CHECK(cudaStreamEndCapture(blocking, &graph) == cudaErrorStreamCaptureInvalidated);
  CHECK(x.read() == std::vector<int>{1});
}
