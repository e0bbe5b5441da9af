#pragma once

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "runtime/stream.h"

/// Graphs, and how streams become one.

struct CUgraphNode_st {
  emulation::Operation operation;
  emulation::NodeSet after;
};

struct CUgraph_st {
  std::vector<std::unique_ptr<CUgraphNode_st>> nodes;
};

struct CUgraphExec_st {
  std::shared_ptr<const std::vector<CUgraphNode_st>> nodes;
};

namespace emulation {

/// What is recorded between cudaStreamBeginCapture and cudaStreamEndCapture.
struct Capture {
  cudaStreamCaptureMode mode;
  std::thread::id thread;
  CUstream_st* origin;
  std::vector<CUstream_st*> streams;  // the origin, and those that wait for its events
  std::unique_ptr<CUgraph_st> graph = std::make_unique<CUgraph_st>();
  bool is_valid = true;
};

/// The calling thread's answer to captures that forbid what a graph cannot hold.
cudaStreamCaptureMode& thread_mode();

cudaError_t begin_capture(CUstream_st& stream, cudaStreamCaptureMode mode);
/// `graph` is null unless all is well.
cudaError_t end_capture(CUstream_st& stream, cudaGraph_t& graph);

/// Records an operation of a stream that is captured.
cudaError_t add_node(CUstream_st& stream, Operation operation);
/// Makes what the stream does next come after the event's nodes, where either is captured.
cudaError_t wait_in_capture(CUstream_st& stream, const CUevent_st& event);

// These say cudaSuccess unless a capture forbids a call, which makes that capture invalid.
/// A call that a graph cannot hold.
cudaError_t forbid_in_capture();
/// One that waits for a stream.
cudaError_t forbid_in_capture(const CUstream_st& stream);
/// One that waits for a device.
cudaError_t forbid_in_capture_of(int device);
/// One that uses the default stream, which would wait for others.
cudaError_t forbid_default_stream(int device);

/// Runs all nodes, each after those that it comes after.
void run_graph(const std::vector<CUgraphNode_st>& nodes);

}  // namespace emulation
