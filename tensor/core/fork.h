#pragma once

#include <cstdint>
#include <mutex>

/// What happens when the process forks. The child has the forking thread alone: whatever another thread held or was
/// about to write stays so for ever. So a fork first takes every mutex that a child may need, and the child starts
/// without the other threads' pools, counters and workers.
namespace reel::detail {

/// How many forks made this process out of the one that loaded the library: threads that were started at another number
/// are not there any more.
int forks() noexcept;

/// Which mutexes a fork takes first: one under which others are taken comes before these. Those of one kind are taken
/// in the order in which they were made.
enum class ForkOrder : std::uint8_t { leaves, creation, data };

/// A mutex that a fork takes, so that the child finds it free and what it guards whole. It is static or never deleted,
/// and made while its thread holds no other.
class ForkSafeMutex {
 public:
  explicit ForkSafeMutex(ForkOrder order) noexcept;
  ForkSafeMutex(const ForkSafeMutex&) = delete;
  ForkSafeMutex& operator=(const ForkSafeMutex&) = delete;

  /// What std::scoped_lock calls.
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  friend class ForkList;

  std::mutex mutex_;
  ForkOrder order_;
  ForkSafeMutex* next_ = nullptr;
};

/// The mutex of an object that comes and goes; it may be that of others, too. Nothing else is locked under it.
ForkSafeMutex& mutex_of(const void* object) noexcept;

/// What else is done at each fork, by the forking thread: `before` in the parent, without any of the mutexes, and
/// `in_child`, while all are held: that locks and allocates nothing. Null: nothing. It is static.
class ForkHook {
 public:
  ForkHook(void (*before)() noexcept, void (*in_child)() noexcept) noexcept;
  ForkHook(const ForkHook&) = delete;
  ForkHook& operator=(const ForkHook&) = delete;

 private:
  friend class ForkList;

  void (*before_)() noexcept;
  void (*in_child_)() noexcept;
  ForkHook* next_ = nullptr;
};

/// Holds the CPU's caching allocator still while the process forks, so that the child finds it whole and unlocked. Both
/// processes unlock it afterwards.
void lock_cpu_allocator_for_fork() noexcept;
void unlock_cpu_allocator_after_fork() noexcept;
/// The same for the counters of live objects.
void lock_live_counts_for_fork() noexcept;
void unlock_live_counts_after_fork(bool is_child) noexcept;

}  // namespace reel::detail
