// The CPU's caching allocator: what it counts, keeps, gives back and refuses.

#include <doctest/doctest.h>
#include <reel/reel.h>

#include "support/default_device.h"

using namespace reel;
using reel::testing::DefaultDeviceGuard;

namespace {

constexpr std::int64_t kElements = 3 << 20;  // of f32: 12 MiB, a size class of its own
constexpr std::size_t kBytes = 12u << 20;

}  // namespace

TEST_CASE("memory in use, its peak and memory kept for later are counted") {
  const DefaultDeviceGuard cpu(Device::cpu());
  empty_cache();
  const std::size_t allocated = memory_allocated(), reserved = memory_reserved();
  reset_peak_memory();
  CHECK(max_memory_allocated() == allocated);
  {
    const Tensor x = empty({kElements});
    CHECK(memory_allocated() == allocated + kBytes);
    const Tensor view = x.view({3, -1}), other = empty({kElements});
    CHECK(memory_allocated() == allocated + 2 * kBytes);
  }
  CHECK(memory_allocated() == allocated);
  CHECK(max_memory_allocated() == allocated + 2 * kBytes);
  CHECK(memory_reserved() >= allocated);
  empty_cache();
  CHECK(memory_reserved() == reserved);
}

TEST_CASE("beyond the limit there is an error that says so, and cached memory counts only as long as nobody needs it") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const struct NoLimit {
    ~NoLimit() { set_memory_limit(0); }
  } no_limit;
  empty_cache();
  set_memory_limit(memory_reserved() + 2 * kBytes);
  {
    const Tensor x = empty({kElements}), y = empty({kElements});
    CHECK_THROWS_WITH_AS(empty({kElements}), doctest::Contains("cannot allocate 12582912 bytes; tensors hold"),
                         OutOfMemoryError);
  }
  CHECK(empty({2 * kElements}).numel() == 2 * kElements);  // the two blocks that are free have gone for it
  CHECK_THROWS_AS(empty({4 * kElements}), OutOfMemoryError);
}
