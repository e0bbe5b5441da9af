#pragma once

#include <reel/tensor/core/allocator.h>

namespace reel::testing {

/// Replaces the CPU's allocator for a scope. Storages remember theirs, so `allocator` must live on.
class CpuAllocatorGuard {
 public:
  explicit CpuAllocatorGuard(Allocator& allocator) : former_(set_cpu_allocator(allocator)) {}
  ~CpuAllocatorGuard() { set_cpu_allocator(former_); }
  CpuAllocatorGuard(const CpuAllocatorGuard&) = delete;
  CpuAllocatorGuard& operator=(const CpuAllocatorGuard&) = delete;

 private:
  Allocator& former_;
};

}  // namespace reel::testing
