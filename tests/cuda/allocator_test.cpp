// The caching allocator: what it reuses, splits and joins, what it does when the device has no more.

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <reel/kernels/cuda/runtime/caching_allocator.h>
#include <reel/kernels/cuda/runtime/pinned_allocator.h>
#include <reel/kernels/cuda/runtime/runtime.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/cuda_stream.h>
#include <reel/tensor/core/error.h>

#include "support/requirement.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;
using reel::kernels::cuda::CachingAllocator;

namespace {

constexpr std::size_t kMiB = 1 << 20;

}  // namespace

TEST_CASE("a freed block is handed out again at once on its stream" * needs_gpu) {
  cuda::use_device(0);
  CachingAllocator allocator(0);
  void* first = allocator.allocate(1000);
  CHECK(reinterpret_cast<std::uintptr_t>(first) % 256 == 0);  // as cudaMalloc has it
  CHECK(allocator.statistics().allocated == 1024);
  CHECK(allocator.statistics().reserved == 2 * kMiB);
  allocator.deallocate(first, 1000);
  CHECK(allocator.statistics().allocated == 0);
  void* second = allocator.allocate(900);
  CHECK(second == first);
  const cuda::StreamGuard guard{cuda::Stream()};
  void* other = allocator.allocate(900);  // another stream may not have waited for the first
  allocator.deallocate(second, 900);
  void* third = allocator.allocate(900);
  CHECK(third != first);
  allocator.deallocate(other, 900);
  allocator.deallocate(third, 900);
}

TEST_CASE("blocks are cut from segments by size and joined again" * needs_gpu) {
  cuda::use_device(0);
  CachingAllocator allocator(0);
  void* small = allocator.allocate(kMiB);
  void* medium = allocator.allocate(5 * kMiB);
  void* large = allocator.allocate(33 * kMiB);
  CHECK(allocator.statistics().reserved == (2 + 20 + 34) * kMiB);
  void* beside = allocator.allocate(6 * kMiB);  // fits beside the medium one
  CHECK(allocator.statistics().reserved == 56 * kMiB);
  CHECK(static_cast<char*>(beside) == static_cast<char*>(medium) + 5 * kMiB);
  allocator.deallocate(medium, 5 * kMiB);
  allocator.deallocate(beside, 6 * kMiB);
  void* whole = allocator.allocate(9 * kMiB);  // only if the pieces became one again
  CHECK(whole == medium);
  CHECK(allocator.statistics().reserved == 56 * kMiB);
  for (const auto& [block, size] : {std::pair{small, kMiB}, {large, 33 * kMiB}, {whole, 9 * kMiB}}) {
    allocator.deallocate(block, size);
  }
  CHECK(allocator.statistics().peak == kMiB + 34 * kMiB + 11 * kMiB);
  allocator.reset_peak();
  CHECK(allocator.statistics().peak == 0);
  allocator.empty_cache();
  CHECK(allocator.statistics().reserved == 0);
}

TEST_CASE("100,000 random allocations never overlap, and everything is joined at the end" * needs_gpu) {
  cuda::use_device(0);
  CachingAllocator allocator(0);
  std::mt19937 random(1);
  std::vector<std::pair<char*, std::size_t>> blocks;  // by address
  std::size_t expected = 0;
  for (int i = 0; i < 100'000; ++i) {
    if (blocks.size() < 50 && random() % 2) {
      const std::size_t size = std::size_t{1} << (random() % 23) | random() % 512;
      char* data = static_cast<char*>(allocator.allocate(size));
      const auto at = std::lower_bound(blocks.begin(), blocks.end(), std::pair{data, std::size_t{0}});
      REQUIRE((at == blocks.end() || data + size <= at->first));
      REQUIRE((at == blocks.begin() || (at - 1)->first + (at - 1)->second <= data));
      blocks.insert(at, {data, size});
    } else if (!blocks.empty()) {
      const auto at = blocks.begin() + static_cast<std::ptrdiff_t>(random() % blocks.size());
      allocator.deallocate(at->first, at->second);
      blocks.erase(at);
    }
  }
  for (const auto& [data, size] : blocks) allocator.deallocate(data, size);
  CHECK(allocator.statistics().allocated == expected);
  const std::size_t reserved = allocator.statistics().reserved;
  CHECK(reserved > 0);
  allocator.empty_cache();  // gives back whole segments only
  CHECK(allocator.statistics().reserved == 0);
}

TEST_CASE("a block that another stream uses waits for that stream" * needs_gpu) {
  cuda::use_device(0);
  CachingAllocator allocator(0);
  const cuda::Stream other;
  void* block = allocator.allocate(4096);
  allocator.record_stream(block, static_cast<cudaStream_t>(other.handle()));
  allocator.record_stream(&allocator, static_cast<cudaStream_t>(other.handle()));  // not its memory: nothing happens
  allocator.deallocate(block, 4096);
  other.synchronize();
  void* again = allocator.allocate(4096);
  CHECK(again == block);
  allocator.deallocate(again, 4096);
}

TEST_CASE("when the device has no more, cached blocks are given back, then an error tells the statistics" * needs_gpu) {
  cuda::use_device(0);
  cuda::empty_cache();
  CachingAllocator allocator(0);
  std::size_t free = 0, total = 0;
  kernels::cuda::check_call(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  const std::size_t most = free / 4 * 3 / (2 * kMiB) * (2 * kMiB);
  void* block = allocator.allocate(most);
  allocator.deallocate(block, most);
  void* other = allocator.allocate(most / 3 * 2 + 1);  // served from the cached block
  CHECK(other == block);
  allocator.deallocate(other, most);
  void* larger = allocator.allocate(most + 4 * kMiB);  // fits only once the cached block is gone
  CHECK(allocator.statistics().reserved == most + 4 * kMiB);
  const std::string message = message_of<OutOfMemoryError>([&] { allocator.allocate(most); });
  CHECK(message.find("cuda:0: cannot allocate " + std::to_string(most) + " bytes") != std::string::npos);
  CHECK(message.find("tensors hold " + std::to_string((most + 4 * kMiB) / kMiB) + " MiB") != std::string::npos);
  CHECK_THROWS_AS(allocator.allocate(static_cast<std::size_t>(-1)), OutOfMemoryError);
  allocator.deallocate(larger, most + 4 * kMiB);
  block = allocator.allocate(most);  // a failed call leaves it as it was
  allocator.deallocate(block, most);
}

TEST_CASE("the statistics of the library's own allocator follow its tensors" * needs_gpu) {
  cuda::use_device(0);
  const std::size_t before = cuda::memory_allocated();
  cuda::reset_peak_memory();
  {
    const Tensor x = zeros({1 << 18}, {.device = Device::cuda()});
    CHECK(cuda::memory_allocated() >= before + kMiB);
    CHECK(cuda::max_memory_allocated() >= before + kMiB);
    CHECK(cuda::memory_reserved() >= cuda::memory_allocated());
  }
  CHECK(cuda::memory_allocated() == before);
  CHECK(cuda::max_memory_allocated() >= before + kMiB);
}

TEST_CASE("pinned memory is kept for the next who asks, once copies are done" * needs_gpu) {
  cuda::use_device(0);
  kernels::cuda::PinnedAllocator allocator;
  void* block = allocator.allocate(3000);
  CHECK_FALSE(allocator.record_stream(&allocator, kernels::cuda::current_stream()));
  CHECK(allocator.record_stream(static_cast<char*>(block) + 2000, kernels::cuda::current_stream()));
  allocator.deallocate(block, 3000);
  cuda::synchronize();
  CHECK(allocator.allocate(4000) == block);
  allocator.deallocate(block, 4000);
  allocator.empty_cache();
}
