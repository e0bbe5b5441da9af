// What the backend makes of CUDA's failures, which the emulation can bring about.

#include <string>

#include <doctest/doctest.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/ops/ops.h>
#include <reel/optim/optim.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/cuda_graph.h>
#include <reel/tensor/core/error.h>

#include "emulation/testing.h"
#include "support/throws.h"

using namespace reel;
using reel::testing::message_of;

namespace {

__global__ void nothing() {}
#if !defined(__SANITIZE_ADDRESS__)
__global__ void write_nowhere(int* to) { *to = 1; }
#endif

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a launch that fails throws with the kernel's name and its grid") {
  const emulation::testing::Fixture fixture;
  const std::string message = message_of<DeviceError>([] { kernels::cuda::launch(nothing, 3, 2048, 0); });
  CHECK(contains(message, "nothing"));
  CHECK(contains(message, "grid (3, 1, 1), block (2048, 1, 1)"));
  CHECK(contains(message, "cudaErrorInvalid"));
  emulation::fail_call("cudaLaunchKernel", cudaErrorLaunchOutOfResources);
  CHECK(contains(message_of<DeviceError>([] { ones({3}, {.device = Device::cuda()}); }), "fill_loop"));
  CHECK(sum(ones({3}, {.device = Device::cuda()})).item() == 3);  // nothing is left of it
}

TEST_CASE("a copy that fails throws with the call's name") {
  const emulation::testing::Fixture fixture;
  const Tensor x = ones({3}, {.device = Device::cuda()});
  emulation::fail_call("cudaMemcpyAsync", cudaErrorInvalidValue);
  CHECK(contains(message_of<DeviceError>([&] { x.cpu(); }), "cudaMemcpyAsync failed with cudaErrorInvalidValue"));
  CHECK(x.to_vector<float>() == std::vector<float>{1, 1, 1});
}

TEST_CASE("memory that the device refuses once is asked for again, refused twice it is an error") {
  const emulation::testing::Fixture fixture;
  constexpr std::int64_t large = 40 << 20;
  { const Tensor cached = zeros({large / 2}, {.dtype = DType::u8, .device = Device::cuda()}); }
  emulation::fail_call("cudaMalloc", cudaErrorMemoryAllocation);
#if !defined(__SANITIZE_ADDRESS__)  // there nothing is cached that could be given back
  CHECK(zeros({large}, {.dtype = DType::u8, .device = Device::cuda()}).numel() == large);
#endif
  cuda::empty_cache();
  emulation::reset();
  emulation::fail_call("cudaMalloc", cudaErrorMemoryAllocation);
  const std::string message =
      message_of<OutOfMemoryError>([] { zeros({large}, {.dtype = DType::u8, .device = Device::cuda()}); });
  CHECK(contains(message, "cannot allocate " + std::to_string(large) + " bytes"));
  CHECK(zeros({large}, {.dtype = DType::u8, .device = Device::cuda()}).numel() == large);
}

#if !defined(__SANITIZE_ADDRESS__)  // a sanitizer ends the program at the fault
TEST_CASE("a kernel's fault is told by the next call that waits") {
  const emulation::testing::Fixture fixture;
  kernels::cuda::launch(write_nowhere, 1, 32, 0, nullptr);
  CHECK(contains(message_of<DeviceError>([] { cuda::synchronize(); }), "cudaErrorLaunchFailure"));
  CHECK(contains(emulation::last_report(), "write_nowhere"));
  emulation::reset();
  CHECK_NOTHROW(cuda::synchronize());
}
#endif

TEST_CASE("a step or a replay whose launch fails is not counted, and may be taken again") {
  const emulation::testing::Fixture fixture;
  const Tensor p = ones({3}, {.device = Device::cuda(), .requires_grad = true});
  p.set_grad(ones({3}, {.device = Device::cuda()}));
  optim::SGD sgd({p}, {.lr = 1, .momentum = 0.5});
  sgd.step();  // velocity 1
  const auto steps = [&] { return sgd.state_dict().at("state.0.step").item<std::int64_t>(); };
  const std::uint32_t version = p.version();
  emulation::fail_call("cudaLaunchKernel", cudaErrorLaunchOutOfResources);
  CHECK(contains(message_of<DeviceError>([&] { sgd.step(); }), "update_params"));
  CHECK(steps() == 1);
  CHECK(p.version() == version);
  cuda::Graph graph;
  graph.capture([&] { sgd.step(); });  // 1.5
  emulation::fail_call("cudaGraphLaunch", cudaErrorLaunchOutOfResources);
  CHECK(contains(message_of<DeviceError>([&] { graph.replay(); }), "cudaGraphLaunch"));
  CHECK(steps() == 2);
  graph.replay();  // 1.75
  CHECK(steps() == 3);
  CHECK(p.to_vector<float>() == std::vector<float>(3, 1 - 1 - 1.5F - 1.75F));
}
