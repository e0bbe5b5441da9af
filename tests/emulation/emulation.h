#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/// The emulation of CUDA that runs kernels on the CPU: what tests can set and ask. README.md says how it works.
namespace emulation {

/// In which order the threads of a block go on where barriers leave it open, and the blocks of a grid run. Code whose
/// result depends on it lacks a barrier. Set at the start from the environment: EMULATION_ORDER=forward, reverse or
/// shuffled, EMULATION_SEED=n.
enum class Order { kForward, kReverse, kShuffled };
void set_order(Order order, std::uint64_t seed = 0);
Order order();

/// What cudaEventQuery and cudaStreamQuery say of work that has not run. It runs after the answer that it is not ready
/// (kOnceNotReady), before the answer (kReady), or never for being asked (kNotReady).
enum class Queries { kOnceNotReady, kReady, kNotReady };
void set_queries(Queries queries);

/// How many devices there are, at most 8; at first one, or EMULATION_DEVICES=n of the environment. Devices that go keep
/// their memory for when they come back.
void set_device_count(int count);
/// The bytes of the current device's memory; at first 2 GiB. What is never allocated takes none of the host's.
void set_memory_size(std::size_t bytes);

/// Whether cuSOLVER is installed; at first it is, in builds with LAPACK, which does its work.
void set_cusolver(bool installed);

/// Lets the `nth` call from now of an API function fail with `status`, and do nothing: `fail_call("cudaMalloc",
/// cudaErrorMemoryAllocation)`.
void fail_call(const std::string& function, int status, int nth = 1);

/// What has gone wrong last inside a kernel, in words; empty if nothing has. The next call that waited for it returned
/// cudaErrorLaunchFailure, as does every call until `reset`.
std::string last_report();

/// Forgets errors, calls that shall fail, captures, and everything that is queued. Settings, memory, streams and events
/// stay.
void reset();

/// What was done since the program began.
struct Counts {
  std::uint64_t launches = 0;  // of kernels, those in graphs included
  std::uint64_t threads = 0;
};
Counts counts();

}  // namespace emulation
