#pragma once

#include <cstdint>

/// How exact f32 products are on a GPU.
namespace reel {

/// ieee: every multiplication with all 24 bits. tf32: the factors are rounded to 11 bits, sums stay f32; tensor cores
/// are then some eight times faster, with errors of about 1e-3 of the factors' size.
enum class Float32Precision : std::uint8_t { ieee, tf32 };

/// What a precision is set for.
enum class Float32Op : std::uint8_t { matmul, conv };

/// The precision of f32 products (matmul, linear, einsum) or convolutions on GPUs, for the whole program. As in
/// PyTorch, products are ieee and convolutions tf32 until they are set. The CPU always computes ieee.
/// What autocast (`autograd/tape/autocast.h`) rounds to bf16 it does not concern.
void set_float32_precision(Float32Op op, Float32Precision precision);
/// What was set.
Float32Precision float32_precision(Float32Op op);

}  // namespace reel
