// Devices, streams, events and copies; and that failures of CUDA are found where they happen.

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/runtime/runtime.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/cuda_stream.h>
#include <reel/tensor/core/error.h>

#include "support/requirement.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a failed call of CUDA's throws with the call and CUDA's words" * needs_gpu) {
  const std::string message =
      message_of<DeviceError>([] { kernels::cuda::check_call(cudaErrorInvalidValue, "cudaSomething"); });
  CHECK(contains(message, "cudaSomething failed with cudaErrorInvalidValue"));
  CHECK_THROWS_AS(kernels::cuda::check_call(cudaErrorMemoryAllocation, "cudaMalloc"), OutOfMemoryError);
  void* data = nullptr;
  CHECK_THROWS_AS(kernels::cuda::check_call(cudaMemcpyAsync(nullptr, &data, 8, cudaMemcpyKind(77), nullptr), "copy"),
                  DeviceError);
  CHECK(cudaPeekAtLastError() == cudaSuccess);  // what was reported does not come back from another call
}

TEST_CASE("devices that are not there are refused by name" * needs_gpu) {
  const int count = cuda::device_count();
  CHECK(count >= 1);
  CHECK(cuda::unavailable_reason().empty());
  CHECK(contains(message_of<DeviceError>([&] { zeros({2}, {.device = Device::cuda(count)}); }),
                 "device cuda:" + std::to_string(count) + " is not available"));
  CHECK(cuda::current_device() < count);
}

TEST_CASE("copies between CPU and GPU keep values, dtypes and layouts" * needs_gpu) {
  const Tensor x = arange(0, 24, 1, {.dtype = DType::f32, .device = Device::cpu()}).view({2, 3, 4});
  for (const Tensor& source : {x, x.permute({2, 0, 1}), x.slice(2, 1, 4, 2), x.select(1, 2), x.narrow(0, 1, 1),
                               x.unsqueeze(0).expand({3, 2, 3, 4})}) {
    const Tensor there = source.to(Device::cuda());
    CHECK(there.device() == Device::cuda());
    CHECK(there.to_vector<float>() == source.to_vector<float>());
    CHECK(there.cpu().to_vector<float>() == source.to_vector<float>());
    CHECK(source.to(Device::cuda(), DType::i32).to_vector<std::int64_t>() == source.to_vector<std::int64_t>());
    CHECK(there.to(Device::cpu(), DType::f64).to_vector<double>() == source.to_vector<double>());
    const Tensor target = zeros({5, 4, 3, 2}, {.device = Device::cuda()}).permute({0, 3, 2, 1});
    target.copy_(x);  // into a strided tensor, broadcast
    CHECK(target.select(0, 4).to_vector<float>() == x.to_vector<float>());
    const Tensor host = zeros({4, 3, 2}, {.device = Device::cpu()}).permute({2, 1, 0});
    host.copy_(x.to(Device::cuda()));
    CHECK(host.to_vector<float>() == x.to_vector<float>());
  }
  CHECK(zeros({0, 3}, {.device = Device::cpu()}).to(Device::cuda()).shape() == Shape{0, 3});
}

TEST_CASE("the gradient of a copy comes back to its device" * needs_gpu) {
  const Tensor x = ones({3}, {.device = Device::cpu(), .requires_grad = true});
  sum(x.to(Device::cuda()) * 2).backward();
  CHECK(x.grad().device() == Device::cpu());
  CHECK(x.grad().to_vector<float>() == std::vector<float>{2, 2, 2});
}

TEST_CASE("pinned memory is on the CPU, and copies from it need not wait" * needs_gpu) {
  const Tensor x = arange(0, 1000, 1, {.dtype = DType::f32, .device = Device::cpu()});
  CHECK_FALSE(x.is_pinned());
  const Tensor pinned = x.pin_memory();
  CHECK(pinned.is_pinned());
  CHECK(pinned.pin_memory().is_same(pinned));
  CHECK(pinned.device().is_cpu());
  CHECK(pinned.to_vector<float>() == x.to_vector<float>());
  const Tensor there = pinned.to(Device::cuda(), NonBlocking::yes);
  CHECK(there.to_vector<float>() == x.to_vector<float>());
  CHECK_THROWS_AS(there.pin_memory(), DeviceError);
  CHECK_FALSE(there.is_pinned());
}

TEST_CASE("streams run beside each other and wait through events" * needs_gpu) {
  cuda::use_device(0);
  CHECK(cuda::Stream::current() == cuda::Stream::default_stream());
  const cuda::Stream side;
  CHECK_FALSE(side == cuda::Stream::default_stream());
  const Tensor x = full({1000}, 3, {.device = Device::cuda()});
  cuda::Event ready;
  ready.record();
  Tensor y;
  {
    const cuda::StreamGuard guard(side);
    CHECK(cuda::Stream::current() == side);
    side.wait(ready);
    y = x * 2;
    x.record_stream(side);
    ready.record();
  }
  CHECK(cuda::Stream::current() == cuda::Stream::default_stream());
  cuda::Stream::current().wait(ready);
  y.record_stream(cuda::Stream::current());
  CHECK(sum(y).item() == 6000);
  side.synchronize();
  CHECK(side.query());
  CHECK(ready.query());
}

TEST_CASE("the time between two events" * needs_gpu) {
  cuda::Event before, after;
  before.record();
  const Tensor x = ones({1000}, {.device = Device::cuda()}) + 1;
  after.record();
  CHECK(after.elapsed_ms(before) >= 0);
  cuda::Event moved = std::move(after);
  CHECK(moved.query());
}

TEST_CASE("a wrong index on the GPU is told by the next call that waits, once" * needs_gpu) {
  const TensorOptions i64{.dtype = DType::i64, .device = Device::cuda()};
  const Tensor x = arange(0, 3, 1, {.dtype = DType::f32, .device = Device::cuda()});
  const Tensor picked = index_select(x, 0, tensor({0, 7, 2}, i64));
  const std::string message = message_of<IndexError>([&] { picked.to_vector<float>(); });
  CHECK(contains(message, "index_select: index 7 is out of range for dimension 0 of size 3"));
  CHECK(picked.to_vector<float>()[2] == 2);  // told once; what was in range is right
  cross_entropy(ones({2, 3}, {.device = Device::cuda()}), tensor({0, 3}, i64));
  CHECK(contains(message_of<IndexError>([] { cuda::synchronize(); }), "cross_entropy: label 3 is out of range"));
  embedding(tensor({-1}, i64), ones({2, 2}, {.device = Device::cuda()}));
  CHECK(contains(message_of<IndexError>([] { cuda::Stream::current().synchronize(); }),
                 "embedding: index -1 is out of range for 2 rows"));
  CHECK_NOTHROW(cuda::synchronize());
}
