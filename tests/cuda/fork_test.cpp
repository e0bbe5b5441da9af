// A forked child of a process that has used a GPU, or has found none.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/cuda_graph.h>
#include <reel/tensor/core/cuda_stream.h>
#include <reel/tensor/core/error.h>

#include "support/requirement.h"

using namespace reel;
using namespace reel::testing;

namespace {

/// What a forked child's `check` returns: 0, or the number of what went wrong; -1 if it did not end in time by itself.
template <class F> int in_child(F&& check) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(100);
    int result = 99;
    try {
      result = check();
    } catch (...) {  // 99
    }
    _exit(result);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Whether `f` throws a DeviceError that tells of the fork.
template <class F> bool is_refused(F&& f) {
  try {
    f();
  } catch (const DeviceError& error) {
    return std::string(error.what()).find("forked from one that had used CUDA") != std::string::npos;
  }
  return false;
}

/// What a program may hold of a GPU when it forks.
struct Held {
  std::optional<Tensor> there = ones({1000}, Device::cuda());
  std::optional<Tensor> pinned = ones({1000}, Device::cpu()).pin_memory();
  cuda::Stream stream;
  std::optional<cuda::Event> event = cuda::Event();
  std::optional<cuda::Graph> graph = cuda::Graph();
  std::optional<cuda::StreamGuard> guard;

  Held() {
    graph->capture([&] { there->fill_(2); });
    event->record();
    cuda::synchronize();
    guard.emplace(stream);
  }
};

int check_refusals(Held& held) {
  if (cuda::is_available() || cuda::device_count() != 0) return 1;
  const Tensor& x = *held.there;
  if (!is_refused([] { ones({3}, Device::cuda()); })) return 2;
  if (!is_refused([&] { x + x; })) return 3;
  if (!is_refused([&] { x.cpu(); })) return 4;
  if (!is_refused([&] { x.sum().item(); })) return 5;
  if (!is_refused([] { ones({3}, Device::cpu()).pin_memory(); })) return 6;
  if (!is_refused([] { cuda::synchronize(); })) return 7;
  if (!is_refused([] { cuda::Stream(); })) return 8;
  if (!is_refused([&] { held.stream.synchronize(); })) return 9;
  if (!is_refused([&] { held.stream.query(); })) return 10;
  if (!is_refused([&] { held.stream.wait(*held.event); })) return 11;
  if (!is_refused([] { cuda::Event(); })) return 12;
  if (!is_refused([&] { held.event->record(held.stream); })) return 13;
  if (!is_refused([&] { held.event->query(); })) return 14;
  if (!is_refused([&] { held.event->synchronize(); })) return 15;
  if (!is_refused([&] { held.graph->replay(); })) return 16;
  return 0;
}

/// What the parent holds is left alone.
void end(Held& held) {
  held.there->record_stream(held.stream);
  held.guard.reset();
  held.event.reset();
  held.graph.reset();
  held.pinned.reset();
  held.there.reset();
}

}  // namespace

TEST_CASE("a forked child of a process that has used CUDA computes on the CPU and says why" * needs_gpu) {
  Held held;
  CHECK(in_child([&] { return check_refusals(held); }) == 0);
  CHECK(in_child([&] {
          end(held);
          const Tensor x = ones({1000}, Device::cpu());
          return equal(x + x, full({1000}, 2, Device::cpu())) ? 0 : 1;
        }) == 0);
  held.guard.reset();
  CHECK(equal(*held.there + *held.there, full({1000}, 4, Device::cuda())));
}

TEST_CASE("a forked child waits for no lock that another thread had on a GPU" * needs_gpu) {
  Held held;
  std::atomic<bool> over{false};
  std::thread other([&] {
    while (!over) ones({100'000}, Device::cuda()).sum().item();
  });
  for (int i = 0; i < 20; ++i) {
    CHECK(in_child([&] {
            end(held);
            return 0;
          }) == 0);
  }
  over = true;
  other.join();
}

TEST_CASE("a forked child of a process that has found no GPU says what the process says" * needs_no_gpu) {
  const std::string reason = cuda::unavailable_reason();
  CHECK(in_child([&] { return cuda::unavailable_reason() == reason ? 0 : 1; }) == 0);
}
