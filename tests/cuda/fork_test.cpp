// A forked child of a process that has used a GPU.

#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <string>

#include <doctest/doctest.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/error.h>

#include "support/requirement.h"

using namespace reel;
using namespace reel::testing;

namespace {

/// Whether `f` throws a DeviceError that tells of the fork.
template <class F> bool is_refused(F&& f) {
  try {
    f();
  } catch (const DeviceError& error) {
    return std::string(error.what()).find("forked from one that had used CUDA") != std::string::npos;
  }
  return false;
}

/// What a child returns: 0, or the number of what went wrong.
int check_child(std::optional<Tensor>& there) {
  if (cuda::is_available() || cuda::device_count() != 0) return 1;
  if (!is_refused([] { ones({3}, Device::cuda()); })) return 2;
  if (!is_refused([&] { *there + *there; })) return 3;
  there.reset();  // the parent's memory is left alone
  const Tensor x = ones({1000}, Device::cpu());
  if (!equal(x + x, full({1000}, 2, Device::cpu()))) return 4;
  return 0;
}

}  // namespace

TEST_CASE("a forked child of a process that has used CUDA computes on the CPU and says why" * needs_gpu) {
  std::optional<Tensor> there = ones({1000}, Device::cuda());
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    int result = 5;
    try {
      result = check_child(there);
    } catch (...) {  // 5
    }
    _exit(result);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(equal(*there + *there, full({1000}, 2, Device::cuda())));
}
