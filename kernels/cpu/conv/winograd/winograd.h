#pragma once

#include <reel/kernels/conv.h>

/// Convolutions with 3x3 weights by Winograd's F(4x4, 3x3), with 5x5 weights by F(2x2, 5x5); `winograd_transform.h`
/// says how. Results do not depend on the number of threads.
namespace reel::kernels::cpu::winograd {

/// Whether the functions below can compute an f32 convolution of this shape: 3x3 or 5x5, stride 1, no dilation, no
/// groups.
bool serves(const ConvShape& shape);

/// False where an operand turns out to hold a NaN, an infinity or a huge number, of which all outputs of a tile would
/// bear traces: then the result is worthless.
[[nodiscard]] bool run(const ConvArgs& args);
[[nodiscard]] bool run(const ConvInputGradArgs& args);
[[nodiscard]] bool run(const ConvWeightGradArgs& args);

}  // namespace reel::kernels::cpu::winograd
