#pragma once

#include <cstddef>
#include <cstdint>

#include <reel/tensor/tensor.h>

namespace reel::data {

/// Integers that files have and tensors have not: they become the next larger that tensors have, i32, or i64 for u32.
enum class StoredInteger : std::uint8_t { i8, i16, u16, u32 };

/// The bytes of one in a file, and the dtype that it becomes.
std::size_t size_of(StoredInteger type);
DType widened(StoredInteger type);
/// The integers that lie at `bytes`, in the machine's byte order, as a tensor on the CPU.
Tensor read_integers(StoredInteger type, const void* bytes, const Shape& shape);

}  // namespace reel::data
