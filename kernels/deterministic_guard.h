#pragma once

namespace reel {

/// The operations of the calling thread are deterministic for a scope, whatever `set_deterministic` says: their results
/// do not depend on the number of threads. What others prepare ahead, on one thread each, gives the same bits as here.
class [[nodiscard]] DeterministicGuard {
 public:
  /// Until the guard dies. With false, `set_deterministic` decides.
  explicit DeterministicGuard(bool deterministic = true) : former_(exchange(deterministic)) {}
  ~DeterministicGuard() { exchange(former_); }
  DeterministicGuard(const DeterministicGuard&) = delete;
  DeterministicGuard& operator=(const DeterministicGuard&) = delete;

 private:
  static bool exchange(bool deterministic);

  bool former_;
};

}  // namespace reel
