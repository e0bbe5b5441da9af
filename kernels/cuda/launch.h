#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <cuda_runtime.h>  // in the tests that of the emulation

#include <reel/kernels/cuda/runtime/runtime.h>
#include <reel/tensor/core/allocator.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/device.h>
#include <reel/tensor/core/dtype.h>

/// How the kernels of this folder are launched, and their temporary memory.
namespace reel::kernels::cuda {

/// Copies from the device to the host and waits for it. Throws a DeviceError while a graph is captured.
void read_back(void* host, const void* device, std::size_t bytes);

namespace detail {
[[noreturn]] void fail_launch(cudaError_t status, const void* kernel, dim3 grid, dim3 block, std::size_t shared);
}

/// The default number of threads of a block.
inline constexpr unsigned kThreads = 256;

/// Runs `kernel<<<grid, block, shared>>>(args...)` on the current stream. `shared` is the dynamic shared memory in
/// bytes. A launch that fails throws a DeviceError that names the kernel.
template <class... Params> void launch(void (*kernel)(Params...), dim3 grid, dim3 block, std::size_t shared,
                                       const std::type_identity_t<Params>&... args) {
  void* pointers[] = {const_cast<void*>(static_cast<const void*>(&args))..., nullptr};
  const cudaError_t status = cudaLaunchKernel(kernel, grid, block, pointers, shared, current_stream());
  if (status != cudaSuccess) {
    detail::fail_launch(status, reinterpret_cast<const void*>(kernel), grid, block, shared);
  }
}

/// a / b, rounded up.
inline std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// The number of blocks for n units of work, `per_block` in each, limited to the largest grid (2^31 - 1). Only kernels
/// with a grid-stride loop process more than one grid.
inline unsigned blocks_for(std::int64_t n, std::int64_t per_block) {
  const std::int64_t blocks = divide_up(n, per_block);
  return static_cast<unsigned>(blocks < 1 ? 1 : blocks > 0x7fffffff ? 0x7fffffff : blocks);
}

/// Uninitialised device memory for the duration of a call. It may be freed before the kernels that use it have run: the
/// next owner launches on the same stream, after them.
template <class T> class Scratch {
 public:
  explicit Scratch(std::int64_t n)
      : allocator_(allocator_for(Device::cuda(reel::cuda::current_device()))),
        bytes_(static_cast<std::size_t>(n < 1 ? 1 : n) * sizeof(T)),
        data_(static_cast<T*>(allocator_.allocate(bytes_))) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { allocator_.deallocate(data_, bytes_); }

  T* data() const { return data_; }

 private:
  Allocator& allocator_;
  std::size_t bytes_;
  T* data_;
};

}  // namespace reel::kernels::cuda
