#pragma once

#include <atomic>
#include <string>

#include <reel/tensor/core/allocator.h>
#include <reel/tensor/core/error.h>

#include "support/cpu_allocator_guard.h"

namespace reel::testing {

/// For a scope, lets the CPU's allocator serve `allowed` requests and then fail.
class AllocationFailure {
 public:
  explicit AllocationFailure(int allowed) { pool().left = allowed; }

 private:
  /// Lives on, for what it served may outlive the scope.
  struct Pool final : Allocator {
    std::atomic<int> left{0};

    void* allocate(std::size_t bytes) override {
      if (left-- <= 0) throw OutOfMemoryError("injected: no memory for " + std::to_string(bytes) + " bytes");
      return cpu_allocator().allocate(bytes);
    }
    void deallocate(void* data, std::size_t bytes) noexcept override { cpu_allocator().deallocate(data, bytes); }
  };
  static Pool& pool() {
    static Pool instance;
    return instance;
  }

  const CpuAllocatorGuard guard_{pool()};
};

}  // namespace reel::testing
