#pragma once

#include <cstdint>

/// The five linear maps of Winograd's convolution, for 32 channels at a time.
///
/// F(4x4, 3x3): a tile of 4x4 outputs is Y = A^T [(G g G^T) * (B^T d B)] A for the 6x6 inputs d under it and the 3x3
/// weights g, where * multiplies element by element: 36 products a channel where the definition has 144 (S. Winograd,
/// "Arithmetic complexity of computations", 1980; A. Lavin and S. Gray, "Fast algorithms for convolutional neural
/// networks", CVPR 2016). Summed over channels and seen for all tiles the 36 products are 36 matrix products. The
/// gradient by g is the adjoint: G^T [(B^T d B) * (A dY A^T)] G, summed over tiles. F(2x2, 5x5) is the same with other
/// A and G: 36 products where the definition has 100. `Output` is the side of a tile of outputs, 4 or 2.
///
/// The matrices evaluate polynomials at five points and infinity. Lavin and Gray take 0, +-1, +-2; here it is 0, +-3/4,
/// +-3/2, which leaves a quarter of the largest error, since the powers of the points differ less in size, and whose
/// B and A have no rounded element. (The choice follows B. Barabasz et al., "Error analysis and improving the accuracy
/// of Winograd convolution for deep neural networks", 2020.)
namespace reel::kernels::cpu::winograd {

inline constexpr int kInput = 6;  // side of the inputs that a tile needs
inline constexpr std::int64_t kPoints = kInput * kInput;
inline constexpr std::int64_t kLanes = 32;  // channels of a panel

/// The side of the weights whose tiles have `output` x `output` outputs, and the other way round.
constexpr int taps_side(int output) { return kInput + 1 - output; }

// Pixels are pointers to 32 channels. The 36 transformed values of a channel lie `stride` floats apart.
//
// What transforms an operand returns whether it suits the algorithm: there is no NaN, no infinity and no huge number.
// The rounding errors of the largest number under a tile reach all its outputs, also those that do not see the number,
// and are up to 1e-6 of it times a weight. The limit lies between 1e4 and 1e6, by the operand and the number's place.

/// B^T d B.
[[nodiscard]] bool input_to_points(const float* const* pixels, float* points, std::int64_t stride);
/// A dY A^T.
template <int Output>
[[nodiscard]] bool output_grad_to_points(const float* const* pixels, float* points, std::int64_t stride);
/// A^T M A + bias.
template <int Output>
void points_to_output(const float* points, std::int64_t stride, const float* bias, float* const* pixels);
/// G g G^T; `weight` is [taps][32].
template <int Output> [[nodiscard]] bool weight_to_points(const float* weight, float* points, std::int64_t stride);
/// G^T M G; `weight` is [taps][32].
template <int Output> void points_to_weight(const float* points, std::int64_t stride, float* weight);

}  // namespace reel::kernels::cpu::winograd
