#pragma once

#include <vector>

/// The streams of one thread, for another that does a part of its work.
namespace reel::cuda {

/// CUDA's handles of the streams that StreamGuards have chosen for a thread's work, by device; null, and an empty list,
/// stand for the library's own.
using ThreadStreams = std::vector<void*>;

/// What was chosen for this thread, and another choice. Neither needs a GPU, nor wakes one.
ThreadStreams thread_streams();
void set_thread_streams(const ThreadStreams& streams);

/// Sends this thread's work to the streams of another one for a scope.
class [[nodiscard]] ThreadStreamsGuard {
 public:
  /// Until the guard dies.
  explicit ThreadStreamsGuard(const ThreadStreams& streams) : former_(thread_streams()) { set_thread_streams(streams); }
  ~ThreadStreamsGuard() { set_thread_streams(former_); }
  ThreadStreamsGuard(const ThreadStreamsGuard&) = delete;
  ThreadStreamsGuard& operator=(const ThreadStreamsGuard&) = delete;

 private:
  ThreadStreams former_;
};

}  // namespace reel::cuda
