#pragma once

#include <cstdint>

/// The precision of f32 matrix products and convolutions on GPUs.
namespace reel {

/// ieee: full f32 multiplications. tf32: the factors are rounded to 11 significant bits and sums stay f32; tensor cores
/// are then some eight times faster, with relative errors of about 1e-3.
enum class Float32Precision : std::uint8_t { ieee, tf32 };

/// The operations that have a precision of their own.
enum class Float32Op : std::uint8_t { matmul, conv };

/// The precision of f32 products (matmul, linear, einsum) or convolutions on GPUs, for the whole program. As in
/// PyTorch, the default is ieee for products and tf32 for convolutions. The CPU always computes ieee. The setting has
/// no effect on factors that autocast (`autograd/tape/autocast.h`) rounds to bf16.
void set_float32_precision(Float32Op op, Float32Precision precision);
Float32Precision float32_precision(Float32Op op);

}  // namespace reel
