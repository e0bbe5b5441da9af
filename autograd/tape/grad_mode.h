#pragma once

#include <utility>

namespace reel {

/// Whether operations are recorded on the tape; each thread has its own switch.
class GradMode {
 public:
  /// Whether this thread records; `set` changes that and returns the former value.
  static bool enabled() { return enabled_; }
  static bool set(bool enabled) { return std::exchange(enabled_, enabled); }

 private:
  // Initial-exec: access takes one instruction instead of a call.
  [[gnu::tls_model("initial-exec")]] static inline constinit thread_local bool enabled_ = true;
};

/// Sets the grad mode for a scope.
class [[nodiscard]] GradModeGuard {
 public:
  /// Until the guard dies.
  explicit GradModeGuard(bool enabled) : former_(GradMode::set(enabled)) {}
  ~GradModeGuard() { GradMode::set(former_); }
  GradModeGuard(const GradModeGuard&) = delete;
  GradModeGuard& operator=(const GradModeGuard&) = delete;

 private:
  bool former_;
};

/// Nothing is recorded in this scope: evaluation, and updates of parameters in place.
class [[nodiscard]] NoGradGuard : GradModeGuard {
 public:
  NoGradGuard() : GradModeGuard(false) {}
};

/// `no_grad([&] { ... })` runs a function without recording and returns its result.
template <class F> decltype(auto) no_grad(F&& f) {
  const NoGradGuard guard;
  return std::forward<F>(f)();
}

}  // namespace reel
