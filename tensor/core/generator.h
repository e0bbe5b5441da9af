#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include <reel/tensor/core/fork.h>

namespace reel {

/// What a random operation takes from a generator: element i of its result depends on (seed, offset, i) alone, so the
/// numbers are the same on any device and for any number of threads.
struct PhiloxState {
  std::uint64_t seed;    ///< The sequence.
  std::uint64_t offset;  ///< How many operations have drawn from it.
};

/// A counter-based random generator (Philox 4x32-10; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
/// 2011). Its whole state is two numbers, which may be saved and restored. Thread-safe.
class Generator {
 public:
  /// At the beginning of the sequence of `seed`.
  explicit Generator(std::uint64_t seed = 0) : sequence_(std::make_shared<Sequence>()) { manual_seed(seed); }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;
  ~Generator() = default;

  /// Starts the sequence of `seed` from its beginning.
  void manual_seed(std::uint64_t seed) { set_state({seed, 0}); }
  /// Where it is now.
  PhiloxState state() const {
    const std::scoped_lock lock(sequence_->mutex);
    return sequence_->state;
  }
  /// Continues where `state()` was taken.
  void set_state(PhiloxState state) {
    const std::scoped_lock lock(sequence_->mutex);
    sequence_->state = state;
  }
  /// The state for an operation that draws once; the next operation gets another offset.
  PhiloxState next() { return sequence_->next(); }
  /// One number, uniform in [0, 1): as `rand({}, DType::f64)` draws it, without a tensor.
  double uniform();
  /// A function that does what `next` does, even when the generator is gone: for recorded steps (cuda::Graph).
  auto lasting_next() const {
    return [sequence = sequence_] { return sequence->next(); };
  }

 private:
  struct Sequence {
    detail::ForkSafeMutex& mutex = detail::mutex_of(this);
    PhiloxState state{};

    PhiloxState next() {
      const std::scoped_lock lock(mutex);
      return {state.seed, state.offset++};
    }
  };

  std::shared_ptr<Sequence> sequence_;
};

/// The generator that operations use when none is given: one for all threads.
Generator& default_generator();

namespace detail {

/// Makes another generator the default one of this thread for a scope.
class DefaultGeneratorGuard {
 public:
  explicit DefaultGeneratorGuard(Generator& generator);
  ~DefaultGeneratorGuard();
  DefaultGeneratorGuard(const DefaultGeneratorGuard&) = delete;
  DefaultGeneratorGuard& operator=(const DefaultGeneratorGuard&) = delete;

 private:
  Generator* former_;
};

}  // namespace detail

}  // namespace reel
