// The switch of Winograd's algorithm.

#include <reel/kernels/winograd.h>

#include <atomic>

namespace reel {
namespace {

std::atomic<bool> enabled_now{true};

}  // namespace

void set_winograd(bool enabled) { enabled_now.store(enabled, std::memory_order_relaxed); }

bool winograd() { return enabled_now.load(std::memory_order_relaxed); }

}  // namespace reel
