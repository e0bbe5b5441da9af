#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "driver_types.h"

/// Streams as queues: what is put into one runs when somebody waits for it, and not before.
namespace emulation {

struct Capture;

/// A place in a stream: after its first `position` operations.
struct Point {
  std::shared_ptr<CUstream_st> stream;  // null: no place, which is always reached
  std::uint64_t position = 0;
};

/// What a device does. The memory of no other device can be used meanwhile.
struct Operation {
  cudaGraphNodeType type = cudaGraphNodeTypeEmpty;
  std::function<void()> run;
  int device = 0;  // of the stream
};

/// Nodes of a graph that is being captured, by their numbers.
using NodeSet = std::vector<std::size_t>;

}  // namespace emulation

struct CUstream_st : std::enable_shared_from_this<CUstream_st> {
  struct Entry {
    emulation::Operation operation;
    std::vector<emulation::Point> after;  // places in other streams
  };

  CUstream_st(int device_, bool is_blocking_) : device(device_), is_blocking(is_blocking_) {}

  emulation::Point end() { return {shared_from_this(), queued}; }

  int device;
  bool is_blocking;  // waits for the default stream, and it for this one
  std::deque<Entry> queue;
  std::uint64_t queued = 0, done = 0;

  std::shared_ptr<emulation::Capture> capture;  // null: operations are queued
  emulation::NodeSet last_nodes;                // what the next captured operation comes after
};

struct CUevent_st {
  using Clock = std::chrono::steady_clock;

  CUevent_st(int device_, bool has_time_) : device(device_), has_time(has_time_) {}

  int device;
  bool has_time;
  emulation::Point point;
  std::shared_ptr<Clock::time_point> time;      // of the last record
  std::shared_ptr<emulation::Capture> capture;  // where the last record is part of one
  emulation::NodeSet nodes;
};

namespace emulation {

bool is_reached(const Point& point);

void perform(const Operation& operation);

/// Queues an operation, or captures it.
cudaError_t enqueue(CUstream_st& stream, Operation operation);

/// Makes everything that is queued from now on wait for `point`.
void wait_for(CUstream_st& stream, const Point& point);

/// Runs what is needed to reach a point. The status of the device after that.
cudaError_t finish(const Point& point);
cudaError_t finish(CUstream_st& stream);
/// The same for everything that a device has to do.
cudaError_t finish_device(int device);

}  // namespace emulation
