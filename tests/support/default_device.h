#pragma once

#include <reel/tensor/core/device.h>

namespace reel::testing {

/// Tensors are made on `device` for the time of a scope: what is about the CPU alone says so with it.
class DefaultDeviceGuard {
 public:
  explicit DefaultDeviceGuard(Device device) : former_(default_device()) { set_default_device(device); }
  DefaultDeviceGuard(const DefaultDeviceGuard&) = delete;
  DefaultDeviceGuard& operator=(const DefaultDeviceGuard&) = delete;
  ~DefaultDeviceGuard() { set_default_device(former_); }

 private:
  Device former_;
};

}  // namespace reel::testing
