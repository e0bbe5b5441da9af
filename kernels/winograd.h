#pragma once

/// Which algorithm computes convolutions with 3x3 and 5x5 weights on the CPU.
namespace reel {

/// With true, which is the default, f32 convolutions on the CPU with 3x3 or 5x5 weights, stride 1 and no dilation or
/// groups, and both of their gradients, use Winograd's F(4x4, 3x3) and F(2x2, 5x5) where these are faster: with enough
/// pixels and channels they take about half the time with 3x3 weights, and two thirds with 5x5. The largest error is
/// then 1.5e-6 to 5e-6 of the largest result, about twice the direct sum's; of the weight's gradient 1e-6 to 2e-6,
/// where the direct sum has some 3e-7. A number that is much larger than those around it errs in the outputs of its
/// tile (4x4, 2x2) that do not see it, too. So a call is computed directly, at the direct sum's speed, where an operand
/// holds a NaN, an infinity, or a huge number (from 1e4 on by its place, from 1e6 on anywhere): each reaches the
/// outputs that see it, and no others. With false every result is the direct sum. Concerns the whole program. What
/// Winograd's algorithm returns depends neither on the number of threads nor on `deterministic()`.
void set_winograd(bool enabled);
/// What was set.
bool winograd();

}  // namespace reel
