#pragma once

namespace reel::detail {

/// Holds the CPU's caching allocator still while the process forks, so that the child finds it whole and unlocked. Both
/// processes unlock it afterwards.
void lock_cpu_allocator_for_fork() noexcept;
void unlock_cpu_allocator_after_fork() noexcept;

}  // namespace reel::detail
