#pragma once

#include <type_traits>

#include "simt/synchronization.h"

/// Atomic functions, for the types that CUDA has them for. Nothing interrupts them: threads of a block change only
/// where they wait.

namespace emulation {

template <class T> T exchange(T* address, T value) {
  const T old = *address;
  *address = value;
  return old;
}

/// A sum that wraps around.
template <class T> T wrapping_sum(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using Unsigned = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<Unsigned>(a) + static_cast<Unsigned>(b));
  } else {
    return a + b;
  }
}

}  // namespace emulation

template <emulation::OneOf<int, unsigned, unsigned long long, float, double> T>
T atomicAdd(T* address, std::type_identity_t<T> value) {
  return emulation::exchange(address, emulation::wrapping_sum(*address, value));
}
template <emulation::OneOf<int, unsigned, unsigned long long, float> T>
T atomicExch(T* address, std::type_identity_t<T> value) {
  return emulation::exchange(address, value);
}
template <emulation::OneOf<int, unsigned, long long, unsigned long long> T>
T atomicMin(T* address, std::type_identity_t<T> value) {
  return emulation::exchange(address, value < *address ? value : *address);
}
template <emulation::OneOf<int, unsigned, long long, unsigned long long> T>
T atomicMax(T* address, std::type_identity_t<T> value) {
  return emulation::exchange(address, *address < value ? value : *address);
}
template <emulation::OneOf<int, unsigned, unsigned long long> T>
T atomicAnd(T* address, std::type_identity_t<T> value) {
  return emulation::exchange(address, static_cast<T>(*address & value));
}
template <emulation::OneOf<int, unsigned, unsigned long long> T> T atomicOr(T* address, std::type_identity_t<T> value) {
  return emulation::exchange(address, static_cast<T>(*address | value));
}
template <emulation::OneOf<int, unsigned, unsigned short, unsigned long long> T>
T atomicCAS(T* address, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  return emulation::exchange(address, *address == expected ? value : *address);
}
