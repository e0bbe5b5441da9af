// What kernels do in the emulation, and what it finds wrong in them: every bug is planted here once.

#include <array>
#include <bit>
#include <cstdint>
#include <numeric>

#include "testing.h"

using namespace emulation;
using namespace emulation::testing;

namespace {

constexpr unsigned kFull = 0xffffffffu;
constexpr std::array kOrders{Order::kForward, Order::kReverse, Order::kShuffled};

__device__ unsigned linear(dim3 size, uint3 at) { return (at.z * size.y + at.y) * size.x + at.x; }

__global__ void count_threads(int* visits) {
  const unsigned threads = blockDim.x * blockDim.y * blockDim.z;
  ++visits[linear(gridDim, blockIdx) * threads + linear(blockDim, threadIdx)];
}

template <class T> __device__ T warp_sum(T value) {
  for (unsigned offset = 16; offset; offset /= 2) value += __shfl_down_sync(kFull, value, offset);
  return value;
}

template <class T> __global__ void sum(const T* x, T* out, int n) {
  __shared__ T parts[32];
  T value = 0;
  for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < static_cast<unsigned>(n); i += gridDim.x * blockDim.x) {
    value += x[i];
  }
  value = warp_sum(value);
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = value;
  __syncthreads();
  if (threadIdx.x < 32) {
    value = warp_sum(threadIdx.x < blockDim.x / 32 ? parts[threadIdx.x] : 0);
    if (threadIdx.x == 0) out[blockIdx.x] = value;
  }
}

/// Each lane's number, shuffled in each way.
__global__ void shuffle(int* out, int width, int amount) {
  const int lane = static_cast<int>(threadIdx.x);
  out[lane] = __shfl_sync(kFull, lane, amount, width);
  out[32 + lane] = __shfl_up_sync(kFull, lane, static_cast<unsigned>(amount), width);
  out[64 + lane] = __shfl_down_sync(kFull, lane, static_cast<unsigned>(amount), width);
  out[96 + lane] = __shfl_xor_sync(kFull, lane, amount, width);
}

__global__ void vote(unsigned* out) {
  const unsigned i = threadIdx.x;
  const unsigned warp = i / 32;
  const int is_odd = static_cast<int>(i % 2);
  out[0 + i] = __ballot_sync(kFull, is_odd);
  out[64 + i] = static_cast<unsigned>(__any_sync(kFull, warp == 1));
  out[128 + i] = static_cast<unsigned>(__all_sync(kFull, warp == 1));
  out[192 + i] = static_cast<unsigned>(__syncthreads_count(i < 40));
  out[256 + i] = static_cast<unsigned>(__syncthreads_or(i == 63));
  out[320 + i] = static_cast<unsigned>(__syncthreads_and(i != 63));
}

/// The halves of a warp do different things at the same time.
__global__ void halves(int* out) {
  const int lane = static_cast<int>(threadIdx.x);
  if (lane < 16) {
    out[lane] = __shfl_xor_sync(0x0000ffffu, lane, 1);
  } else {
    int value = lane;
    for (int i = 0; i < 3; ++i) value = __shfl_sync(0xffff0000u, value + 1, 31);
    out[lane] = value;
  }
}

__global__ void count_with_atomics(int* sum, unsigned* highest, unsigned long long* ticket, float* total) {
  atomicAdd(sum, -1);
  atomicMax(highest, blockIdx.x * blockDim.x + threadIdx.x);
  while (true) {
    const unsigned long long old = *ticket;
    if (atomicCAS(ticket, old, old + 2) == old) break;
  }
  atomicAdd(total, 0.5f);
}

__global__ void copy_dynamic_shared(unsigned* out, int n) {
  auto* shared = static_cast<unsigned*>(dynamic_shared());
  const int i = static_cast<int>(threadIdx.x);
  out[i] = shared[i];  // not written yet
  shared[i] = static_cast<unsigned>(i);
  __syncthreads();
  out[n + i] = shared[n - 1 - i];
}

// --- planted bugs

__global__ void missing_barrier(int* out) {
  __shared__ int values[64];
  values[threadIdx.x] = static_cast<int>(threadIdx.x) + 1;
  // __syncthreads();
  out[threadIdx.x] = values[63 - threadIdx.x];
  __syncthreads();
  values[threadIdx.x] = 0;
}

__global__ void missing_warp_barrier(int* out) {
  __shared__ int value;
  if (threadIdx.x == 5) value = 1;
  // __syncwarp();
  out[threadIdx.x] = value;
  __syncwarp();
  if (threadIdx.x == 5) value = 0;
}

__global__ void dependent_blocks(int* out) { out[blockIdx.x] = blockIdx.x == 0 ? 1 : out[blockIdx.x - 1] + 1; }

__global__ void early_return() {
  if (threadIdx.x >= 40) return;
  __syncthreads();
}

__global__ void divergent_barriers() {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

__global__ void barrier_against_shuffle(int* out) {
  if (threadIdx.x % 2) {
    __syncthreads();
  } else {
    out[threadIdx.x] = __shfl_sync(kFull, 1, 0);
  }
}

__global__ void lane_outside_its_mask() { __syncwarp(0x7fffffffu); }

__global__ void different_masks(int* out) {
  out[threadIdx.x] = __shfl_xor_sync(threadIdx.x == 3 ? 0x0000ffffu : kFull, 1, 1);
}

__global__ void different_operations(int* out) {
  out[threadIdx.x] = threadIdx.x == 3 ? __any_sync(kFull, 1) : __shfl_sync(kFull, 1, 0);
}

__global__ void read_outside_the_mask(int* out) {
  if (threadIdx.x < 16) out[threadIdx.x] = __shfl_down_sync(0x0000ffffu, 1, 8);
}

__global__ void wrong_width(int* out) { out[threadIdx.x] = __shfl_sync(kFull, 1, 0, 24); }

__global__ void write_past_dynamic_shared(int n) { static_cast<char*>(dynamic_shared())[n] = 1; }

__global__ void access(int* address) { *address = 1; }

[[maybe_unused]] __global__ void divide(int* out, int divisor) { out[0] = 7 / divisor; }

__device__ int recurse(int depth) {
  volatile char frame[1000];
  frame[depth % 1000] = 1;
  return depth == 0 ? 0 : recurse(depth - 1) + frame[depth % 1000];
}
__global__ void overflow_the_stack(int* out) { out[0] = recurse(1000000); }

}  // namespace

TEST_CASE_FIXTURE(Fixture, "emulation: every thread runs once, with its indices") {
  for (const Order order : kOrders) {
    set_order(order, 5);
    const dim3 grid(3, 2, 5), block(8, 3, 2);
    const DeviceArray<int> visits(std::vector<int>(30 * 48));
    REQUIRE(launch(count_threads, grid, block, 0, nullptr, visits.get()) == cudaSuccess);
    CHECK(visits.read() == std::vector<int>(30 * 48, 1));
  }
}

TEST_CASE_FIXTURE(Fixture, "emulation: sums of blocks, in every order of threads") {
  std::vector<long long> x(10000);
  std::iota(x.begin(), x.end(), 1);
  const DeviceArray<long long> in(x), out(7);
  for (const Order order : kOrders) {
    set_order(order, 11);
    for (const unsigned threads : {32u, 96u, 256u, 1024u}) {
      CAPTURE(threads);
      REQUIRE(launch(sum<long long>, 7, threads, 0, nullptr, in.get(), out.get(), 10000) == cudaSuccess);
      const auto sums = out.read();
      CHECK(std::accumulate(sums.begin(), sums.end(), 0LL) == 50005000);
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "emulation: shuffles read the lanes that CUDA says") {
  const DeviceArray<int> out(128);
  for (const int width : {32, 16, 4, 1}) {
    for (const int amount : {0, 1, 3, 8, 31}) {
      CAPTURE(width);
      CAPTURE(amount);
      REQUIRE(launch(shuffle, 1, 32, 0, nullptr, out.get(), width, amount) == cudaSuccess);
      const auto read = out.read();
      for (int lane = 0; lane < 32; ++lane) {
        const int first = lane / width * width;
        const auto at = static_cast<std::size_t>(lane);
        CHECK(read[at] == first + amount % width);
        CHECK(read[at + 32] == (lane - amount >= first ? lane - amount : lane));
        CHECK(read[at + 64] == (lane + amount < first + width ? lane + amount : lane));
        CHECK(read[at + 96] == ((lane ^ amount) < first + width ? lane ^ amount : lane));
      }
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "emulation: votes of warps and blocks") {
  const DeviceArray<unsigned> out(384);
  REQUIRE(launch(vote, 1, 64, 0, nullptr, out.get()) == cudaSuccess);
  const auto read = out.read();
  for (std::size_t i = 0; i < 64; ++i) {
    CHECK(read[i] == 0xaaaaaaaau);
    CHECK(read[64 + i] == (i >= 32));
    CHECK(read[128 + i] == (i >= 32));
    CHECK(read[192 + i] == 40);
    CHECK(read[256 + i] == 1);
    CHECK(read[320 + i] == 0);
  }
}

TEST_CASE_FIXTURE(Fixture, "emulation: parts of a warp exchange apart from each other") {
  const DeviceArray<int> out(32);
  for (const Order order : kOrders) {
    set_order(order, 2);
    REQUIRE(launch(halves, 1, 32, 0, nullptr, out.get()) == cudaSuccess);
    const auto read = out.read();
    for (std::size_t lane = 0; lane < 32; ++lane) CHECK(read[lane] == (lane < 16 ? static_cast<int>(lane ^ 1) : 34));
  }
}

TEST_CASE_FIXTURE(Fixture, "emulation: atomic functions") {
  const DeviceArray<int> sum(std::vector<int>{0});
  const DeviceArray<unsigned> highest(std::vector<unsigned>{7});
  const DeviceArray<unsigned long long> ticket(std::vector<unsigned long long>{0});
  const DeviceArray<float> total(std::vector<float>{0});
  REQUIRE(launch(count_with_atomics, 3, 64, 0, nullptr, sum.get(), highest.get(), ticket.get(), total.get()) ==
          cudaSuccess);
  CHECK(sum.read()[0] == -192);
  CHECK(highest.read()[0] == 191);
  CHECK(ticket.read()[0] == 384);
  CHECK(total.read()[0] == 96);
}

TEST_CASE_FIXTURE(Fixture, "emulation: dynamic shared memory is garbage when a block begins") {
  const DeviceArray<unsigned> out(128);
  for (int run = 0; run < 2; ++run) {
    REQUIRE(launch(copy_dynamic_shared, 2, 64, 64 * sizeof(unsigned), nullptr, out.get(), 64) == cudaSuccess);
    const auto read = out.read();
    for (unsigned i = 0; i < 64; ++i) {
      CHECK(read[i] == 0xffffffffu);
      CHECK(read[64 + i] == 63 - i);
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "emulation: a missing barrier shows, for the result depends on the order") {
  const auto result = [](auto kernel, unsigned threads, unsigned blocks, Order order) {
    set_order(order, 1);
    const DeviceArray<int> out(64);
    REQUIRE(launch(kernel, blocks, threads, 0, nullptr, out.get()) == cudaSuccess);
    return out.read();
  };
  for (const Order order : {Order::kReverse, Order::kShuffled}) {
    CHECK(result(missing_barrier, 64, 1, Order::kForward) != result(missing_barrier, 64, 1, order));
    CHECK(result(missing_warp_barrier, 32, 1, Order::kForward) != result(missing_warp_barrier, 32, 1, order));
    CHECK(result(dependent_blocks, 1, 64, Order::kForward) != result(dependent_blocks, 1, 64, order));
  }
}

TEST_CASE_FIXTURE(Fixture, "emulation: barriers that not all threads reach are found") {
  const DeviceArray<int> out(64);
  for (const Order order : kOrders) {
    set_order(order, 3);
    REQUIRE(launch(early_return, 1, 64, 0, nullptr) == cudaSuccess);
    finds("40 wait in __syncthreads at kernels_test.cpp:");
    REQUIRE(launch(divergent_barriers, 2, 64, 0, nullptr) == cudaSuccess);
    finds("divergent barriers: __syncthreads at kernels_test.cpp:");
    REQUIRE(launch(barrier_against_shuffle, 1, 32, 0, nullptr, out.get()) == cudaSuccess);
    finds("16 wait in __shfl_sync");
  }
}

TEST_CASE_FIXTURE(Fixture, "emulation: warps that do not agree are found") {
  const DeviceArray<int> out(32);
  for (const Order order : kOrders) {
    set_order(order, 4);
    REQUIRE(launch(lane_outside_its_mask, 1, 32, 0, nullptr) == cudaSuccess);
    finds("lane 31 calls it and is not in the mask");
    REQUIRE(launch(different_masks, 1, 32, 0, nullptr, out.get()) == cudaSuccess);
    finds("0x0000ffff");
    REQUIRE(launch(different_operations, 1, 32, 0, nullptr, out.get()) == cudaSuccess);
    finds("has called something else");
    REQUIRE(launch(read_outside_the_mask, 1, 32, 0, nullptr, out.get()) == cudaSuccess);
    finds("which is not in the mask");
    REQUIRE(launch(wrong_width, 1, 32, 0, nullptr, out.get()) == cudaSuccess);
    finds("with a width of 24");
  }
}

TEST_CASE_FIXTURE(Fixture, "emulation: a write past the end of dynamic shared memory is found") {
  const auto run = [] {
    REQUIRE(launch(write_past_dynamic_shared, 3, 32, 100, nullptr, 100) == cudaSuccess);
    return cudaDeviceSynchronize();
  };
  if (sanitizer::kAddress) {
    CHECK(dies(run));
  } else {
    CHECK(run() == cudaErrorLaunchFailure);
    finds("wrote past the end of its 100 bytes");
  }
}

TEST_CASE_FIXTURE(Fixture, "emulation: faults in a kernel stop it, not the program" *
                               doctest::skip(sanitizer::kAny)) {  // they report faults and end the program
  const DeviceArray<int> out(1);
  REQUIRE(launch(access, 2, 64, 0, nullptr, nullptr) == cudaSuccess);
  finds("where there is no memory");
#ifdef __x86_64__  // other processors have a result, as a GPU has
  REQUIRE(launch(divide, 1, 32, 0, nullptr, out.get(), 0) == cudaSuccess);
  finds("an integer was divided by zero");
#endif
  REQUIRE(launch(overflow_the_stack, 1, 32, 0, nullptr, out.get()) == cudaSuccess);
  finds("needs more stack than there is");
}

TEST_CASE_FIXTURE(Fixture, "emulation: an error in a kernel sticks until it is reset, and says where it was") {
  const DeviceArray<int> visits(std::vector<int>(64));
  REQUIRE(launch(early_return, 1, 64, 0, nullptr) == cudaSuccess);
  CHECK(cudaGetLastError() == cudaSuccess);  // it has not run yet
  CHECK(cudaStreamSynchronize(nullptr) == cudaErrorLaunchFailure);
  CHECK(last_report().find("early_return") != std::string::npos);
  CHECK(last_report().find("block (0, 0, 0), thread (") != std::string::npos);
  void* memory = nullptr;
  CHECK(cudaMalloc(&memory, 16) == cudaErrorLaunchFailure);
  CHECK(cudaGetLastError() == cudaErrorLaunchFailure);
  CHECK(cudaGetLastError() == cudaErrorLaunchFailure);
  reset();
  CHECK(last_report().empty());
  CHECK(cudaGetLastError() == cudaSuccess);
  REQUIRE(launch(count_threads, 1, 64, 0, nullptr, visits.get()) == cudaSuccess);
  CHECK(visits.read() == std::vector<int>(64, 1));
}
