// The state of the emulation, and what tests set and ask.

#include "runtime/state.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "runtime/capture.h"

namespace emulation {
namespace {

constexpr int kMaxDevices = 8;
constexpr std::size_t kMemorySize = std::size_t{2} << 30;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

State::State() {
  for (int i = 0; i < kMaxDevices; ++i) devices.push_back(std::make_unique<Device>(i, kMemorySize));
  const std::string_view name = environment("EMULATION_ORDER");
  if (name == "reverse") order = Order::kReverse;
  if (name == "shuffled") order = Order::kShuffled;
  seed = std::strtoull(environment("EMULATION_SEED").data(), nullptr, 10);
  if (const std::string_view count = environment("EMULATION_DEVICES"); !count.empty()) {
    device_count = std::clamp(std::atoi(count.data()), 0, kMaxDevices);
  }
}

State& state() {
  static auto* instance = new State;  // static objects may free device memory while they are destroyed
  return *instance;
}

int& current_device() {
  static thread_local int device = 0;
  return device;
}

cudaError_t& last_error() {
  static thread_local cudaError_t error = cudaSuccess;
  return error;
}

void fail_device(cudaError_t error, const std::string& report) {
  state().sticky_error = error;
  state().report = report;
}

int injected_status(const char* function) {
  auto& injections = state().injections;
  int status = 0;
  for (Injection& injection : injections) {
    if (injection.function == function && injection.calls_before-- == 0) status = injection.status;
  }
  std::erase_if(injections, [](const Injection& injection) { return injection.calls_before < 0; });
  return status;
}

CUstream_st* find_stream(cudaStream_t handle) {
  if (!handle || handle == cudaStreamLegacy) return state().device(current_device()).default_stream.get();
  const auto at = state().streams.find(handle);
  return at == state().streams.end() ? nullptr : at->second.get();
}

// --- emulation.h

void set_order(Order order, std::uint64_t seed) {
  const std::scoped_lock lock(state().mutex);
  state().order = order;
  state().seed = seed;
}

Order order() {
  const std::scoped_lock lock(state().mutex);
  return state().order;
}

void set_queries(Queries queries) {
  const std::scoped_lock lock(state().mutex);
  state().queries = queries;
}

void set_device_count(int count) {
  const std::scoped_lock lock(state().mutex);
  state().device_count = std::clamp(count, 0, kMaxDevices);
}

void set_memory_size(std::size_t bytes) {
  const std::scoped_lock lock(state().mutex);
  state().device(current_device()).memory.set_capacity(bytes);
}

void fail_call(const std::string& function, int status, int nth) {
  const std::scoped_lock lock(state().mutex);
  state().injections.push_back({function, nth - 1, status});
}

std::string last_report() {
  const std::scoped_lock lock(state().mutex);
  return state().report;
}

void reset() {
  const std::scoped_lock lock(state().mutex);
  State& all = state();
  all.sticky_error = cudaSuccess;
  all.report.clear();
  all.injections.clear();
  last_error() = cudaSuccess;
  const auto empty = [](CUstream_st& stream) {
    stream.queue.clear();
    stream.done = stream.queued;
    stream.capture = nullptr;
  };
  for (const auto& [handle, stream] : all.streams) empty(*stream);
  for (const auto& device : all.devices) empty(*device->default_stream);
  for (const auto& capture : all.captures) capture->graph = nullptr;  // events that were recorded into it notice
  all.captures.clear();
}

Counts counts() {
  const std::scoped_lock lock(state().mutex);
  return state().counts;
}

}  // namespace emulation
