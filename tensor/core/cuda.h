#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/// CUDA GPUs: whether they can be used, and their memory. Streams and events are in `tensor/core/cuda_stream.h`,
/// recorded training steps in `tensor/core/cuda_graph.h`. Without a GPU (or in a build without CUDA) whatever needs one
/// throws a DeviceError that says why there is none.
namespace reel {

class Allocator;

namespace cuda {

/// Whether tensors can be made on `Device::cuda()`.
bool is_available();
/// What is missing if they cannot be used; empty if they can.
std::string unavailable_reason();
/// How many GPUs there are; 0 where none can be used.
int device_count();

/// The GPU that this thread's calls use unless they name one: the last that it used, initially 0.
int current_device();
/// Makes another GPU the current one; a DeviceError if it is not there.
void use_device(int index);

/// Waits until everything queued on the current device is done, then throws what kernels have found wrong with their
/// arguments, such as an IndexError for a label out of range.
void synchronize();

/// Bytes of the current device that tensors hold, the most they have held since the last `reset_peak_memory`, and what
/// the caching allocator holds of the device for them and for later.
std::size_t memory_allocated();
std::size_t max_memory_allocated();
std::size_t memory_reserved();
/// Makes `max_memory_allocated` begin again at what is allocated now.
void reset_peak_memory();
/// Frees cached, unused blocks of the current device and of pinned memory.
void empty_cache();

/// The caching allocator of a device, and that of pinned memory, which is on the CPU.
Allocator& allocator(int device);
Allocator& pinned_allocator();

}  // namespace cuda
}  // namespace reel
