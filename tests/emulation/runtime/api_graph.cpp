// Capture, and graphs.

#include "cuda_runtime_api.h"
#include "runtime/capture.h"
#include "runtime/state.h"

using emulation::call;
using emulation::enqueue;
using emulation::find_stream;

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  return call(__func__, [&] {
    CUstream_st* queue = find_stream(stream);
    return queue ? emulation::begin_capture(*queue, mode) : cudaErrorInvalidResourceHandle;
  });
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  return call(__func__, [&] {
    CUstream_st* queue = find_stream(stream);
    if (!graph) return cudaErrorInvalidValue;
    return queue ? emulation::end_capture(*queue, *graph) : cudaErrorInvalidResourceHandle;
  });
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  return call(__func__, [&] {
    const CUstream_st* queue = find_stream(stream);
    if (!queue) return cudaErrorInvalidResourceHandle;
    *status = !queue->capture            ? cudaStreamCaptureStatusNone
              : queue->capture->is_valid ? cudaStreamCaptureStatusActive
                                         : cudaStreamCaptureStatusInvalidated;
    return cudaSuccess;
  });
}

cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  return call(__func__, [&] {
    std::swap(*mode, emulation::thread_mode());
    return cudaSuccess;
  });
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
  return call(__func__, [&] {
    if (!graph || !count) return cudaErrorInvalidValue;
    for (std::size_t i = 0; nodes && i < *count; ++i) {
      nodes[i] = i < graph->nodes.size() ? graph->nodes[i].get() : nullptr;
    }
    *count = nodes ? std::min(*count, graph->nodes.size()) : graph->nodes.size();
    return cudaSuccess;
  });
}

cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, cudaGraphNodeType* type) {
  return call(__func__, [&] {
    if (!node || !type) return cudaErrorInvalidValue;
    *type = node->operation.type;
    return cudaSuccess;
  });
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  return call(__func__, [&] {
    if (!exec || !graph) return cudaErrorInvalidValue;
    auto nodes = std::make_shared<std::vector<CUgraphNode_st>>();
    for (const auto& node : graph->nodes) nodes->push_back(*node);
    *exec = new CUgraphExec_st{std::move(nodes)};
    return cudaSuccess;
  });
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  return call(__func__, [&] {
    CUstream_st* queue = find_stream(stream);
    if (!queue || !exec) return cudaErrorInvalidResourceHandle;
    return enqueue(*queue, {cudaGraphNodeTypeGraph, [nodes = exec->nodes] { emulation::run_graph(*nodes); }});
  });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  return call(__func__, [&] {
    delete graph;
    return cudaSuccess;
  });
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  return call(__func__, [&] {
    delete exec;
    return cudaSuccess;
  });
}
