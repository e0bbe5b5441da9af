// Errors that kernels find, kept until a call waits for the GPU.

#include <reel/kernels/cuda/runtime/deferred_error.h>

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/runtime/runtime.h>

namespace reel::kernels::cuda {
namespace {

/// The checks made so far: few, since programs repeat them.
class Registry {
 public:
  int add(const RangeCheck& check) {
    const std::scoped_lock lock(mutex_);
    const auto [at, is_new] =
        numbers_.try_emplace({std::string(check.op), static_cast<int>(check.kind), check.size, check.dim},
                             static_cast<int>(checks_.size()) + 1);
    if (is_new) {
      checks_.push_back(check);
      checks_.back().op = std::get<0>(at->first);  // a map's keys stay where they are
    }
    return at->second;
  }

  RangeCheck at(int number) {
    const std::scoped_lock lock(mutex_);
    return checks_.at(static_cast<std::size_t>(number - 1));
  }

 private:
  std::mutex mutex_;
  std::map<std::tuple<std::string, int, std::int64_t, std::int64_t>, int> numbers_;
  std::vector<RangeCheck> checks_;
};

Registry& registry() {
  static auto* instance = new Registry;
  return *instance;
}

std::mutex mutex;
std::array<ErrorReport, kMaxDevices> reports{};

}  // namespace

ErrorReport error_report() {
  const std::scoped_lock lock(mutex);
  ErrorReport& report = reports[static_cast<std::size_t>(current_device())];
  if (report.error) return report;
  forbid_in_capture("the first check of an index on this GPU");
  ErrorReport made{};
  check_call(cudaMalloc(reinterpret_cast<void**>(&made.taken), sizeof(int)), "cudaMalloc");
  check_call(cudaMemset(made.taken, 0, sizeof(int)), "cudaMemset");
  check_call(cudaDeviceSynchronize(), "cudaDeviceSynchronize");  // the stream of the memset is not that of the kernels
  check_call(cudaHostAlloc(reinterpret_cast<void**>(&made.error), sizeof(DeferredError), cudaHostAllocMapped),
             "cudaHostAlloc");
  *made.error = {};
  return report = made;
}

int register_check(const RangeCheck& check) { return registry().add(check); }

void throw_deferred_error() {
  DeferredError found{};
  {
    const std::scoped_lock lock(mutex);
    const ErrorReport& report = reports[static_cast<std::size_t>(current_device())];
    if (!report.error || report.error->check == 0) return;
    found = *report.error;
    *report.error = {};
    check_call(cudaMemsetAsync(report.taken, 0, sizeof(int), current_stream()), "cudaMemsetAsync");
  }
  const RangeCheck check = registry().at(found.check);
  fail_range_check(check, found.is_integral ? Scalar(found.integer) : Scalar(found.real));
}

}  // namespace reel::kernels::cuda
