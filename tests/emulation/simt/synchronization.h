#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

#include "simt/block.h"

/// Barriers, fences, shuffles and votes. The last argument is for the emulation: kernels leave it out.

namespace emulation {

/// What nvcc has shuffles for.
template <class T, class... Types>
concept OneOf = (std::same_as<T, Types> || ...);
template <class T>
concept Shuffled = OneOf<T, int, unsigned, long, unsigned long, long long, unsigned long long, float, double>;

/// The lanes first ... last among which the running thread's lane reads.
struct Segment {
  unsigned lane, first, last;

  Segment(int width, const Call& call) : lane(emulation::lane()) {
    const auto size = static_cast<unsigned>(width);
    if (size > 32 || !std::has_single_bit(size)) fail_width(width, call);
    first = lane & ~(size - 1);
    last = first + size - 1;
  }
};

template <Shuffled T> T shuffle(unsigned mask, T value, unsigned source, const Call& call) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = warp_operation(WarpOperation::kShuffle, mask, bits, source, call);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline unsigned vote(unsigned mask, int predicate, const Call& call) {
  return static_cast<unsigned>(warp_operation(WarpOperation::kVote, mask, predicate != 0, 0, call));
}

}  // namespace emulation

inline void __syncthreads(const emulation::Call& call = emulation::Call::of("__syncthreads")) {
  emulation::barrier(false, call);
}
inline int __syncthreads_count(int predicate,
                               const emulation::Call& call = emulation::Call::of("__syncthreads_count")) {
  return static_cast<int>(emulation::barrier(predicate != 0, call));
}
inline int __syncthreads_and(int predicate, const emulation::Call& call = emulation::Call::of("__syncthreads_and")) {
  return emulation::barrier(predicate == 0, call) == 0;
}
inline int __syncthreads_or(int predicate, const emulation::Call& call = emulation::Call::of("__syncthreads_or")) {
  return emulation::barrier(predicate != 0, call) != 0;
}
inline void __syncwarp(unsigned mask = 0xffffffffu, const emulation::Call& call = emulation::Call::of("__syncwarp")) {
  emulation::warp_operation(emulation::WarpOperation::kSync, mask, 0, 0, call);
}

// The threads of a block run on one thread: what one has written, the others see.
inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}

template <emulation::Shuffled T> T __shfl_sync(unsigned mask, T value, int source, int width = warpSize,
                                               const emulation::Call& call = emulation::Call::of("__shfl_sync")) {
  const emulation::Segment segment(width, call);
  const unsigned offset = static_cast<unsigned>(source) & (static_cast<unsigned>(width) - 1);
  return emulation::shuffle(mask, value, segment.first + offset, call);
}

template <emulation::Shuffled T> T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = warpSize,
                                                  const emulation::Call& call = emulation::Call::of("__shfl_up_sync")) {
  const emulation::Segment segment(width, call);
  const bool has_source = segment.lane - segment.first >= delta;
  return emulation::shuffle(mask, value, has_source ? segment.lane - delta : segment.lane, call);
}

template <emulation::Shuffled T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = warpSize,
                   const emulation::Call& call = emulation::Call::of("__shfl_down_sync")) {
  const emulation::Segment segment(width, call);
  const bool has_source = segment.last - segment.lane >= delta;
  return emulation::shuffle(mask, value, has_source ? segment.lane + delta : segment.lane, call);
}

template <emulation::Shuffled T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = warpSize,
                  const emulation::Call& call = emulation::Call::of("__shfl_xor_sync")) {
  const emulation::Segment segment(width, call);
  const unsigned source = segment.lane ^ static_cast<unsigned>(lanes);
  return emulation::shuffle(mask, value, source <= segment.last ? source : segment.lane, call);
}

inline unsigned __ballot_sync(unsigned mask, int predicate,
                              const emulation::Call& call = emulation::Call::of("__ballot_sync")) {
  return emulation::vote(mask, predicate, call);
}
inline int __any_sync(unsigned mask, int predicate, const emulation::Call& call = emulation::Call::of("__any_sync")) {
  return emulation::vote(mask, predicate, call) != 0;
}
inline int __all_sync(unsigned mask, int predicate, const emulation::Call& call = emulation::Call::of("__all_sync")) {
  return emulation::vote(mask, predicate, call) == mask;
}

/// CUDA promises the calling lane, and whatever others happen to run beside it: here none.
inline unsigned __activemask() { return 1u << emulation::lane(); }
