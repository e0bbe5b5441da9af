// How streams become graphs, and how graphs run.

#include "runtime/capture.h"

#include <algorithm>

#include "runtime/state.h"
#include "simt/order.h"

namespace emulation {
namespace {

void unite(NodeSet& set, const NodeSet& more) {
  for (const std::size_t node : more) {
    if (std::ranges::find(set, node) == set.end()) set.push_back(node);
  }
}

/// Whether every node comes before the last ones of the stream that the capture began with.
bool is_joined(const Capture& capture) {
  const auto& nodes = capture.graph->nodes;
  std::vector<bool> reached(nodes.size());
  for (const std::size_t last : capture.origin->last_nodes) reached[last] = true;
  for (std::size_t i = nodes.size(); i-- > 0;) {
    if (!reached[i]) return false;
    for (const std::size_t earlier : nodes[i]->after) reached[earlier] = true;
  }
  return true;
}

/// `error` if a capture forbids the call; all that do become invalid.
template <class Forbids> cudaError_t forbid(Forbids forbids, cudaError_t error = cudaErrorStreamCaptureUnsupported) {
  cudaError_t status = cudaSuccess;
  for (const auto& capture : state().captures) {
    if (!forbids(*capture)) continue;
    capture->is_valid = false;
    status = error;
  }
  return status;
}

}  // namespace

cudaStreamCaptureMode& thread_mode() {
  static thread_local auto mode = cudaStreamCaptureModeGlobal;
  return mode;
}

cudaError_t add_node(CUstream_st& stream, Operation operation) {
  Capture& capture = *stream.capture;
  if (!capture.is_valid) return cudaErrorStreamCaptureInvalidated;
  auto& nodes = capture.graph->nodes;
  nodes.push_back(std::make_unique<CUgraphNode_st>(CUgraphNode_st{std::move(operation), stream.last_nodes}));
  stream.last_nodes = {nodes.size() - 1};
  return cudaSuccess;
}

cudaError_t wait_in_capture(CUstream_st& stream, const CUevent_st& event) {
  if (!event.capture) {  // a graph comes after nothing outside of it
    stream.capture->is_valid = false;
    return cudaErrorStreamCaptureIsolation;
  }
  if (stream.capture && stream.capture != event.capture) {
    stream.capture->is_valid = event.capture->is_valid = false;
    return cudaErrorStreamCaptureMerge;
  }
  if (!event.capture->graph) return cudaErrorCapturedEvent;  // of a capture that has ended
  if (!event.capture->is_valid) return cudaErrorStreamCaptureInvalidated;
  if (!stream.capture) {
    stream.capture = event.capture;
    stream.capture->streams.push_back(&stream);
  }
  unite(stream.last_nodes, event.nodes);
  return cudaSuccess;
}

cudaError_t forbid_in_capture() {
  const cudaStreamCaptureMode mode = thread_mode();
  return forbid([&](const Capture& capture) {
    if (capture.thread == std::this_thread::get_id()) {
      return capture.mode != cudaStreamCaptureModeRelaxed && mode != cudaStreamCaptureModeRelaxed;
    }
    return capture.mode == cudaStreamCaptureModeGlobal && mode == cudaStreamCaptureModeGlobal;
  });
}

cudaError_t forbid_in_capture(const CUstream_st& stream) {
  return forbid([&](const Capture& capture) { return &capture == stream.capture.get(); });
}

cudaError_t forbid_in_capture_of(int device) {
  return forbid([&](const Capture& capture) { return capture.origin->device == device; });
}

cudaError_t forbid_default_stream(int device) {
  const auto waits = [&](const CUstream_st* stream) { return stream->device == device && stream->is_blocking; };
  return forbid([&](const Capture& capture) { return std::ranges::any_of(capture.streams, waits); },
                cudaErrorStreamCaptureImplicit);
}

cudaError_t begin_capture(CUstream_st& stream, cudaStreamCaptureMode mode) {
  if (stream.capture) return cudaErrorIllegalState;
  if (&stream == state().device(stream.device).default_stream.get()) return cudaErrorStreamCaptureUnsupported;
  auto capture = std::make_shared<Capture>();
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  capture->origin = &stream;
  capture->streams = {&stream};
  stream.capture = capture;
  stream.last_nodes.clear();
  state().captures.push_back(std::move(capture));
  return cudaSuccess;
}

cudaError_t end_capture(CUstream_st& stream, cudaGraph_t& graph) {
  graph = nullptr;
  if (!stream.capture) return cudaErrorIllegalState;
  const std::shared_ptr<Capture> capture = stream.capture;
  if (capture->origin != &stream) return cudaErrorStreamCaptureUnmatched;
  if (capture->mode != cudaStreamCaptureModeRelaxed && capture->thread != std::this_thread::get_id()) {
    return cudaErrorStreamCaptureWrongThread;
  }
  cudaError_t status = cudaSuccess;
  if (!capture->is_valid) {
    status = cudaErrorStreamCaptureInvalidated;
  } else if (!is_joined(*capture)) {
    status = cudaErrorStreamCaptureUnjoined;
  }
  for (CUstream_st* captured : capture->streams) {
    captured->capture = nullptr;
    captured->last_nodes.clear();
  }
  std::erase(state().captures, capture);
  if (status == cudaSuccess) graph = capture->graph.release();
  capture->graph = nullptr;  // events that were recorded into it notice
  return status;
}

void run_graph(const std::vector<CUgraphNode_st>& nodes) {
  std::vector<std::size_t> missing(nodes.size());
  std::vector<NodeSet> next(nodes.size());
  NodeSet ready;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    missing[i] = nodes[i].after.size();
    for (const std::size_t earlier : nodes[i].after) next[earlier].push_back(i);
    if (!missing[i]) ready.push_back(i);
  }
  Choice choice(state().order, state().seed + state().counts.launches);
  while (!ready.empty() && state().sticky_error == cudaSuccess) {
    const auto at = ready.begin() + static_cast<std::ptrdiff_t>(choice.below(ready.size()));
    const std::size_t node = *at;
    ready.erase(at);
    perform(nodes[node].operation);
    for (const std::size_t later : next[node]) {
      if (--missing[later] == 0) ready.push_back(later);
    }
  }
}

}  // namespace emulation
