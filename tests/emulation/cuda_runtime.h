#pragma once

#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "cuda_runtime_api.h"
#include "simt/atomics.h"
#include "simt/block.h"
#include "simt/math_functions.h"
#include "simt/qualifiers.h"
#include "simt/synchronization.h"

/// Stands for NVIDIA's header of this name: the language of kernels, and the runtime with its C++ overloads.

namespace emulation {

/// cudaLaunchKernel, for a function that runs one thread.
cudaError_t launch_kernel(const void* function, std::function<void()> thread, dim3 grid, dim3 block, std::size_t shared,
                          cudaStream_t stream);

/// A call of the kernel with copies of the arguments that `args` points to.
template <class... Params> std::function<void()> bind_arguments(void (*kernel)(Params...), void** args) {
  return [&]<std::size_t... I>(std::index_sequence<I...>)->std::function<void()> {
    std::tuple<Params...> values(*static_cast<std::remove_const_t<Params>*>(args[I])...);
    return [kernel, values = std::move(values)] { std::apply(kernel, values); };
  }
  (std::index_sequence_for<Params...>{});
}

}  // namespace emulation

template <class... Params> cudaError_t cudaLaunchKernel(void (*kernel)(Params...), dim3 grid, dim3 block,
                                                        [[maybe_unused]] void** args, std::size_t shared = 0,
                                                        cudaStream_t stream = nullptr) {
  return emulation::launch_kernel(reinterpret_cast<const void*>(kernel), emulation::bind_arguments(kernel, args), grid,
                                  block, shared, stream);
}

template <class... Params>
cudaError_t cudaFuncSetAttribute(void (*kernel)(Params...), cudaFuncAttribute attribute, int value) {
  return cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), attribute, value);
}

template <class... Params>
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, void (*kernel)(Params...)) {
  return cudaFuncGetAttributes(attributes, reinterpret_cast<const void*>(kernel));
}

template <class T> cudaError_t cudaMalloc(T** pointer, std::size_t bytes) {
  return cudaMalloc(reinterpret_cast<void**>(pointer), bytes);
}
template <class T> cudaError_t cudaMallocHost(T** pointer, std::size_t bytes, unsigned flags = cudaHostAllocDefault) {
  return cudaHostAlloc(reinterpret_cast<void**>(pointer), bytes, flags);
}
template <class T> cudaError_t cudaHostAlloc(T** pointer, std::size_t bytes, unsigned flags) {
  return cudaHostAlloc(reinterpret_cast<void**>(pointer), bytes, flags);
}
