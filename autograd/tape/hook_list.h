#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <reel/tensor/core/fork.h>

namespace reel {

/// Hooks in the order of their registration. Each is one object from its registration to its removal, so a hook may
/// count its calls in a variable of its own. Hooks may be added and removed at any time, also by a hook that runs and
/// by other threads; the list is not locked while one runs.
template <class Hook> class HookList {
 public:
  /// Appends a hook; `handle` is for `remove`.
  void add(std::size_t handle, Hook hook) {
    auto entry = std::make_shared<Entry>(handle, std::move(hook));
    const std::scoped_lock lock(detail::mutex_of(this));
    entries_.push_back(std::move(entry));
    size_.store(entries_.size(), std::memory_order_release);
  }
  /// Takes a hook back: this thread calls it no more, even if its turn was still to come. An unknown handle is fine.
  void remove(std::size_t handle) {
    std::shared_ptr<Entry> found;  // freed outside the lock, with whatever the hook holds
    const std::scoped_lock lock(detail::mutex_of(this));
    const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const auto& e) { return e->handle == handle; });
    if (at == entries_.end()) return;
    found = std::move(*at);
    found->removed.store(true, std::memory_order_release);
    entries_.erase(at);
    size_.store(entries_.size(), std::memory_order_release);
  }
  /// Whether there is none.
  bool empty() const { return size_.load(std::memory_order_acquire) == 0; }
  /// Calls `visit` with every hook that is in the list now and has not been removed when its turn comes.
  template <class Visit> void for_each(Visit&& visit) const {
    if (empty()) return;
    for (const auto& entry : now()) {
      if (!entry->removed.load(std::memory_order_acquire)) visit(entry->hook);
    }
  }

 private:
  struct Entry {
    Entry(std::size_t handle_, Hook hook_) : handle(handle_), hook(std::move(hook_)) {}
    const std::size_t handle;
    const Hook hook;
    std::atomic<bool> removed{false};
  };

  std::vector<std::shared_ptr<Entry>> now() const {
    const std::scoped_lock lock(detail::mutex_of(this));
    return entries_;
  }

  std::vector<std::shared_ptr<Entry>> entries_;  // guarded by mutex_of(this), which a fork takes
  std::atomic<std::size_t> size_{0};
};

}  // namespace reel
