#pragma once

#include <string>

#include <reel/tensor/core/device.h>

/// Queues of work on a GPU, and marks in them.
namespace reel::cuda {

class Event;

/// A queue of work on a GPU: what one stream holds runs in order, different streams run side by side. Every thread's
/// work goes to the library's own stream of the device, unless a StreamGuard says otherwise. A handle: copies are the
/// same stream. Streams come from a fixed set for each device and are never destroyed.
class Stream {
 public:
  /// Another stream of the current device than the library's own.
  Stream();
  /// The stream that this thread's work on the current device goes to.
  static Stream current();
  /// The library's own stream of the current device.
  static Stream default_stream();

  /// The device that it belongs to.
  Device device() const { return device_; }
  /// CUDA's handle, a cudaStream_t.
  void* handle() const { return handle_; }
  /// Whether both are the same stream.
  bool operator==(const Stream&) const = default;

  /// Waits until everything queued so far is done, then throws what kernels have found wrong with their arguments.
  void synchronize() const;
  /// Whether everything queued so far is done.
  bool query() const;
  /// What is queued from here on waits for the event; the CPU does not.
  void wait(const Event& event) const;

 private:
  friend class StreamGuard;
  Stream(Device device, void* handle) : device_(device), handle_(handle) {}

  Device device_;
  void* handle_;
};

/// Sends this thread's work to another stream, and its device, for a scope. A tensor that was made on one
/// stream and is used on another must be announced there: `x.record_stream(stream)`.
class StreamGuard {
 public:
  /// From here on.
  explicit StreamGuard(const Stream& stream);
  StreamGuard(const StreamGuard&) = delete;
  StreamGuard& operator=(const StreamGuard&) = delete;
  ~StreamGuard();

 private:
  [[maybe_unused]] int former_device_;  // by a build without CUDA
  Stream former_;
};

/// A mark in a stream: others can wait for it, and two marks tell the time between them.
class Event {
 public:
  /// On the current device, not recorded yet.
  Event();
  Event(Event&& other) noexcept;
  Event& operator=(Event&& other) noexcept;
  ~Event();

  /// Marks what is queued so far on a stream (the current one).
  void record();
  void record(const Stream& stream);
  /// Whether everything before the mark is done; true if nothing was recorded.
  bool query() const;
  /// Waits for everything before the mark.
  void synchronize() const;
  /// Milliseconds from an earlier mark to this one; waits for both.
  double elapsed_ms(const Event& since) const;

 private:
  friend class Stream;
  [[maybe_unused]] void* handle_ = nullptr;  // by a build without CUDA
};

/// Says that work on `stream` uses the memory at `data`, which was allocated on another one: once freed, it is handed
/// out again only when that work is done. `Tensor::record_stream` is this for a tensor.
void record_stream(void* data, const Stream& stream);

}  // namespace reel::cuda
