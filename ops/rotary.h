#pragma once

#include <reel/tensor/tensor.h>

/// Positions as rotations.
namespace reel {

/// Rotary position embedding (Su et al. 2021): turns pairs of elements of x [..., L, E] by angles whose cosines and
/// sines are given, [L, R / 2] for all, or [N, L, R / 2] for each element of x's first dimension. R <= E elements are
/// turned, and the others stay. A pair (a, b) becomes (a cos - b sin, b cos + a sin). Pair j is (x[j], x[j + R / 2]),
/// as in Llama, or (x[2 j], x[2 j + 1]) if `interleaved`, as in GPT-J. Also f16 and bf16, with cosines and sines of x's
/// dtype; these are constants, which get no gradient. `nn::RotaryEmbedding` makes them.
Tensor rotary_embedding(const Tensor& x, const Tensor& cos, const Tensor& sin, bool interleaved = false);

}  // namespace reel
