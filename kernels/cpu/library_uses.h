#pragma once

#include <atomic>

namespace reel::kernels::cpu {

/// The calls of a library that frees what they need when the program ends, whatever still runs. So the end of the
/// program waits for the calls that have begun; those that come later must do without the library.
class LibraryUses {
 public:
  /// Begins a call; false once the program ends.
  bool enter() noexcept {
    count_.fetch_add(1);  // before it looks, or the end of the program could miss it
    if (!closed_.load()) return true;
    leave();
    return false;
  }
  void leave() noexcept { count_.fetch_sub(1); }

  /// No call begins any more. Waits for those that have begun; all such waits together take ten seconds at most.
  void close() noexcept;
  /// In a forked child: the calls of the parent's other threads never end.
  void forget() noexcept { count_ = 0; }

 private:
  std::atomic<int> count_{0};
  std::atomic<bool> closed_{false};
};

/// One call of a library, or what should be one.
class [[nodiscard]] LibraryUse {
 public:
  explicit LibraryUse(LibraryUses& uses) : uses_(uses.enter() ? &uses : nullptr) {}
  ~LibraryUse() {
    if (uses_) uses_->leave();
  }
  LibraryUse(const LibraryUse&) = delete;
  LibraryUse& operator=(const LibraryUse&) = delete;

  /// Whether the library may be called.
  explicit operator bool() const { return uses_ != nullptr; }

 private:
  LibraryUses* uses_;
};

}  // namespace reel::kernels::cpu
