// The default device.

#include <reel/tensor/core/device.h>

#include <atomic>

namespace reel {
namespace {

std::atomic<Device> chosen{Device::cpu()};

}  // namespace

Device default_device() { return chosen.load(std::memory_order_relaxed); }
void set_default_device(Device device) { chosen.store(device, std::memory_order_relaxed); }

}  // namespace reel
