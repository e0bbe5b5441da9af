// The one place that is told of forks.

#include <reel/tensor/core/fork.h>

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <utility>

namespace reel::detail {
namespace {

constinit std::mutex mutex;  // guards the lists' changes
constinit ForkSafeMutex* mutexes = nullptr;
constinit std::atomic<ForkHook*> hooks{nullptr};  // read without the mutex
constinit std::atomic<int> count{0};

}  // namespace

class ForkList {
 public:
  static void add(ForkSafeMutex* added) noexcept {
    const std::scoped_lock lock(mutex);
    ForkSafeMutex** at = &mutexes;
    while (*at && (*at)->order_ <= added->order_) at = &(*at)->next_;
    added->next_ = std::exchange(*at, added);
  }
  static void add(ForkHook* added) noexcept {
    const std::scoped_lock lock(mutex);
    added->next_ = hooks;
    hooks = added;
  }

  static void before() noexcept {
    // Under no mutex: threads whose end a hook waits for may make one in their destructors.
    for (const ForkHook* hook = hooks; hook; hook = hook->next_) {
      if (hook->before_) hook->before_();
    }
    mutex.lock();
    for (ForkSafeMutex* held = mutexes; held; held = held->next_) held->lock();
    lock_cpu_allocator_for_fork();
    lock_live_counts_for_fork();
  }
  static void in_parent() noexcept { after(false); }
  static void in_child() noexcept {
    count.fetch_add(1, std::memory_order_relaxed);
    for (const ForkHook* hook = hooks; hook; hook = hook->next_) {
      if (hook->in_child_) hook->in_child_();
    }
    after(true);
  }

 private:
  static void after(bool is_child) noexcept {
    unlock_live_counts_after_fork(is_child);
    unlock_cpu_allocator_after_fork();
    for (ForkSafeMutex* held = mutexes; held; held = held->next_) held->unlock();
    mutex.unlock();
  }
};

namespace {

struct ObjectMutex : ForkSafeMutex {
  ObjectMutex() : ForkSafeMutex(ForkOrder::data) {}
};
std::array<ObjectMutex, 16> object_mutexes;  // few, for ThreadSanitizer lets a thread hold no more than 64 in all

[[maybe_unused]] const int registered = pthread_atfork(&ForkList::before, &ForkList::in_parent, &ForkList::in_child);

}  // namespace

ForkSafeMutex::ForkSafeMutex(ForkOrder order) noexcept : order_(order) { ForkList::add(this); }

ForkHook::ForkHook(void (*before)() noexcept, void (*in_child)() noexcept) noexcept
    : before_(before), in_child_(in_child) {
  ForkList::add(this);
}

int forks() noexcept { return count.load(std::memory_order_relaxed); }

ForkSafeMutex& mutex_of(const void* object) noexcept {
  return object_mutexes[reinterpret_cast<std::uintptr_t>(object) / 64 % object_mutexes.size()];
}

}  // namespace reel::detail
