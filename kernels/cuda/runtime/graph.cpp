// Recording a step of work as a CUDA graph, and replaying it.

#include <reel/tensor/core/cuda_graph.h>

#include <string>
#include <utility>
#include <vector>

#include <reel/kernels/cuda/runtime/caching_allocator.h>
#include <reel/kernels/cuda/runtime/runtime.h>
#include <reel/kernels/cuda/runtime/write_words.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/cuda_stream.h>
#include <reel/tensor/core/error.h>

namespace reel::cuda {
namespace {

using kernels::cuda::check_call;

constexpr std::size_t kMaxValues = 1u << 16;  // words for the numbers of one step: 512 KiB

/// The numbers of a step that change from replay to replay.
struct StepValues {
  struct Part {
    std::size_t first, count;
    std::function<void(std::span<std::uint64_t>)> refresh;
    std::function<void()> undo;
  };

  std::uint64_t* words = nullptr;  // on the device
  std::vector<std::uint64_t> values;
  std::vector<Part> parts;

  const std::uint64_t* add(std::span<const std::uint64_t> initial,
                           std::function<void(std::span<std::uint64_t>)> refresh, std::function<void()> undo) {
    if (values.size() + initial.size() > kMaxValues) {
      throw ValueError("cuda: the recorded step has more than " + std::to_string(kMaxValues) + " changing numbers");
    }
    parts.push_back({values.size(), initial.size(), std::move(refresh), std::move(undo)});
    values.insert(values.end(), initial.begin(), initial.end());
    return words + parts.back().first;
  }

  /// Refreshes the values, but for those that `keep` says, and calls `launch`, or fails and has changed nothing.
  template <class Launch, class Keep> void refresh_for(Launch&& launch, Keep&& keep) {
    std::size_t refreshed = 0;
    try {
      for (; refreshed < parts.size(); ++refreshed) {
        const Part& part = parts[refreshed];
        if (!keep(part)) part.refresh(std::span(values).subspan(part.first, part.count));
      }
      launch();
    } catch (...) {
      while (refreshed-- > 0) {
        if (parts[refreshed].undo) parts[refreshed].undo();
      }
      throw;
    }
  }

  /// The first run, of the step as it was recorded.
  template <class Launch> void run_recorded(Launch&& launch) {
    for (const Part& part : parts) {
      if (part.undo) part.undo();
    }
    refresh_for(launch, [](const Part& part) { return !part.undo; });
  }
  /// Another run.
  template <class Launch> void run_again(Launch&& launch) {
    refresh_for(launch, [](const Part&) { return false; });
  }
};

/// The values of the graph that this thread records.
thread_local StepValues* recorded = nullptr;

}  // namespace

struct Graph::Impl {
  const int device;
  kernels::cuda::CachingAllocator::GraphPool pool;
  StepValues values;
  cudaGraphExec_t executable = nullptr;

  explicit Impl(int device_index) : device(device_index) {
    values.words = static_cast<std::uint64_t*>(allocator().allocate(kMaxValues * sizeof(std::uint64_t)));
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (kernels::cuda::is_lost()) return;
    cudaDeviceSynchronize();  // a replay may still use the memory that others get from here on
    if (executable) cudaGraphExecDestroy(executable);
    allocator().release(pool);
    allocator().deallocate(values.words, kMaxValues * sizeof(std::uint64_t));
  }

  kernels::cuda::CachingAllocator& allocator() const { return kernels::cuda::caching_allocator(device); }

  void record(const std::function<void()>& step);

  void launch() const {
    kernels::cuda::write_words(values.words, values.values);
    check_call(cudaGraphLaunch(executable, kernels::cuda::current_stream()), "cudaGraphLaunch");
  }
};

void Graph::Impl::record(const std::function<void()>& step) {
  const Stream stream;  // one of its own: what other threads queue meanwhile must not become part of the graph
  const StreamGuard guard(stream);
  const auto handle = static_cast<cudaStream_t>(stream.handle());
  check_call(cudaStreamBeginCapture(handle, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
  allocator().begin_capture(pool);
  recorded = &values;
  const auto end = [&](cudaGraph_t* graph) {
    recorded = nullptr;
    allocator().end_capture();
    return cudaStreamEndCapture(handle, graph);
  };
  cudaGraph_t graph = nullptr;
  try {
    step();
  } catch (...) {
    if (end(&graph) == cudaSuccess && graph) cudaGraphDestroy(graph);
    cudaGetLastError();
    throw;
  }
  check_call(end(&graph), "cudaStreamEndCapture");
  const cudaError_t status = cudaGraphInstantiate(&executable, graph, 0);
  cudaGraphDestroy(graph);
  check_call(status, "cudaGraphInstantiate");
}

Graph::Graph() = default;
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;
Graph::~Graph() = default;

bool Graph::is_captured() const { return impl_ != nullptr; }

void Graph::capture(const std::function<void()>& step) {
  if (impl_) throw ValueError("cuda::Graph: this graph has recorded a step already; make another one");
  if (is_capturing()) throw ValueError("cuda::Graph: this thread is recording a graph already");
  use_device(current_device());
  auto impl = std::make_unique<Impl>(current_device());
  impl->record(step);
  impl->values.run_recorded([&] { impl->launch(); });
  impl_ = std::move(impl);
}

void Graph::replay() {
  if (!impl_) throw ValueError("cuda::Graph: nothing was captured");
  use_device(impl_->device);
  kernels::cuda::forbid_in_capture("the replay of another graph");
  impl_->values.run_again([&] { impl_->launch(); });
}

bool is_capturing() { return recorded != nullptr; }

const std::uint64_t* step_values(std::span<const std::uint64_t> values,
                                 std::function<void(std::span<std::uint64_t>)> refresh, std::function<void()> undo) {
  if (!recorded) throw ValueError("cuda::step_values: no graph is being recorded");
  return recorded->add(values, std::move(refresh), std::move(undo));
}

}  // namespace reel::cuda

namespace reel::kernels::cuda {

bool is_capturing() { return reel::cuda::is_capturing(); }

void forbid_in_capture(const char* what) {
  if (!is_capturing()) return;
  throw DeviceError(std::string("cuda::Graph: ") + what +
                    " cannot be part of a recorded step; do it before or after, outside the step");
}

}  // namespace reel::kernels::cuda
