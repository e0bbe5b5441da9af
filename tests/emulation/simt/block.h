#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "emulation.h"
#include "vector_types.h"

/// Runs kernels: block after block, the threads of a block as fibers of the calling thread. One kernel at a time.
namespace emulation {

struct Kernel {
  const void* function;          // stands for the kernel
  std::function<void()> thread;  // runs one thread of it
  dim3 grid, block;
  std::size_t shared;  // bytes of dynamic shared memory
};

/// Runs a kernel to its end, or until something is wrong in it, and says what; empty if nothing is.
std::string run_kernel(const Kernel& kernel, Order order, std::uint64_t seed);

// --- what kernels call

/// Where a kernel calls a function that waits for other threads.
struct Call {
  const char* function;
  const char* file;
  int line;

  static constexpr Call of(const char* function, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {function, file, line};
  }
};

/// Waits until every thread of the block has called it, from the same line. How many passed true.
unsigned barrier(bool predicate, const Call& call);

/// What the lanes of a warp do together. Each passes a value and gets the value of the lane `source` (kShuffle), or a
/// bit for each lane of the mask whose value is not zero (kVote).
enum class WarpOperation : std::uint8_t { kSync, kShuffle, kVote };

/// Waits until every lane of the mask has called it, with the same mask.
std::uint64_t warp_operation(WarpOperation operation, unsigned mask, std::uint64_t value, unsigned source,
                             const Call& call);

/// The lane of the running thread.
unsigned lane();

/// The block's dynamic shared memory.
void* dynamic_shared();

/// Stops the kernel: a shuffle has a width that is no power of two up to 32.
[[noreturn]] void fail_width(int width, const Call& call);

}  // namespace emulation

// The built-in variables. Kernels only read them: nvcc refuses the rest.
inline uint3 threadIdx{}, blockIdx{};
inline dim3 blockDim, gridDim;
inline constexpr int warpSize = 32;
