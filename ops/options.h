#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

#include <reel/tensor/tensor.h>

/// The options of the operations: aggregates for designated initialisers, fields in PyTorch's argument order.
namespace reel {

/// Height and width; one number means both.
struct Size2d {
  std::int64_t height, width;  ///< In pixels.

  /// One number for both, or height and width.
  constexpr Size2d(std::int64_t both) : height(both), width(both) {}
  constexpr Size2d(std::int64_t h, std::int64_t w) : height(h), width(w) {}
  constexpr bool operator==(const Size2d&) const = default;  ///< Both are equal.
};

/// A Size2d that may be left out: `2`, `{1, 2}` or nothing.
struct OptionalSize2d : std::optional<Size2d> {
  using std::optional<Size2d>::optional;
  /// Height and width.
  constexpr OptionalSize2d(std::int64_t h, std::int64_t w) : std::optional<Size2d>(Size2d(h, w)) {}
};

/// How far an image is extended on each side: numbers, or a word. "valid" adds nothing; "same" keeps the size (stride 1
/// only; an odd excess goes after); "full" adds kernel - 1 on both sides, so that every overlap counts.
class Padding {
 public:
  /// How the amounts are given.
  enum class Mode : std::uint8_t { numbers, valid, same, full };

  /// So many pixels on each side; height and width may differ.
  constexpr Padding(std::integral auto both) : numbers_(static_cast<std::int64_t>(both)) {}
  constexpr Padding(std::int64_t h, std::int64_t w) : numbers_(h, w) {}
  constexpr Padding(Size2d numbers) : numbers_(numbers) {}
  /// A ValueError for any other word.
  Padding(const char* word);

  /// How the amounts are given, and the numbers if they are numbers.
  constexpr Mode mode() const { return mode_; }
  constexpr Size2d numbers() const { return numbers_; }

 private:
  Size2d numbers_ = 0;
  Mode mode_ = Mode::numbers;
};

/// Options of conv1d.
struct Conv1dOptions {
  std::int64_t stride = 1;    ///< Steps between windows.
  Padding padding = 0;        ///< Zeros on each side.
  std::int64_t dilation = 1;  ///< Steps between the elements of a window.
  std::int64_t groups = 1;    ///< Blocks of channels that are convolved on their own.
};

/// Options of conv2d.
struct Conv2dOptions {
  Size2d stride = 1;        ///< Steps between windows.
  Padding padding = 0;      ///< Zeros on each side.
  Size2d dilation = 1;      ///< Steps between the elements of a window.
  std::int64_t groups = 1;  ///< Blocks of channels that are convolved on their own.
};

/// Options of conv_transpose2d: those of the convolution whose input gradient it is.
struct ConvTranspose2dOptions {
  Size2d stride = 1;          ///< Steps between windows.
  Size2d padding = 0;         ///< Zeros on each side.
  Size2d output_padding = 0;  ///< Added to the result's size, where the stride leaves it open.
  std::int64_t groups = 1;    ///< Blocks of channels that are convolved on their own.
  Size2d dilation = 1;        ///< Steps between the elements of a window.
};

/// Options of im2col and col2im.
struct WindowOptions {
  Size2d dilation = 1;  ///< Steps between the elements of a window.
  Size2d padding = 0;   ///< Zeros on each side.
  Size2d stride = 1;    ///< Steps between windows.
};

/// Options of max_pool2d.
struct MaxPool2dOptions {
  OptionalSize2d stride = std::nullopt;  ///< The kernel's size if not given.
  Size2d padding = 0;                    ///< Minus infinity on each side; at most half the kernel.
  Size2d dilation = 1;                   ///< Steps between the elements of a window.
  bool ceil_mode = false;                ///< Keeps a last (or only) window that begins inside but ends outside.
};

/// Options of avg_pool2d.
struct AvgPool2dOptions {
  OptionalSize2d stride = std::nullopt;  ///< The kernel's size if not given.
  Size2d padding = 0;                    ///< Zeros on each side; at most half the kernel.
  bool ceil_mode = false;                ///< Keeps a last (or only) window that begins inside but ends outside.
  bool count_include_pad = true;         ///< Whether padded zeros count in the mean.
};

/// The value of a pixel between others: that of the nearest, or a weighted mean of four.
enum class InterpolateMode : std::uint8_t { nearest, bilinear };

/// Options of interpolate.
struct InterpolateOptions {
  InterpolateMode mode = InterpolateMode::nearest;  ///< How values between pixels are computed.
  bool align_corners = false;                       ///< bilinear: whether the corner pixels' centres coincide.
};

/// What is padded: one value, the mirrored inside, the edge, or the opposite end.
enum class PadMode : std::uint8_t { constant, reflect, replicate, circular };

/// What becomes of the losses of the elements (or samples).
enum class Reduction : std::uint8_t { none, mean, sum };

/// Options of cross_entropy.
struct CrossEntropyOptions {
  Tensor weight = {};                     ///< [classes]: the weight of each class.
  std::int64_t ignore_index = -100;       ///< A label that contributes nothing.
  Reduction reduction = Reduction::mean;  ///< Of the losses of the elements.
  double label_smoothing = 0;             ///< The share of the target spread evenly over all classes.
};

/// Options of nll_loss.
struct NllLossOptions {
  Tensor weight = {};                     ///< [classes]: the weight of each class.
  std::int64_t ignore_index = -100;       ///< A label that contributes nothing.
  Reduction reduction = Reduction::mean;  ///< Of the losses of the elements.
};

/// Options of binary_cross_entropy.
struct BinaryCrossEntropyOptions {
  Tensor weight = {};                     ///< Scales each element's loss (broadcast).
  Reduction reduction = Reduction::mean;  ///< Of the losses of the elements.
};

/// Options of binary_cross_entropy_with_logits.
struct BinaryCrossEntropyWithLogitsOptions {
  Tensor weight = {};                     ///< Scales each element's loss (broadcast).
  Reduction reduction = Reduction::mean;  ///< Of the losses of the elements.
  Tensor pos_weight = {};                 ///< Scales the positive term (broadcast).
};

/// Options of kl_div.
struct KlDivOptions {
  Reduction reduction =
      Reduction::mean;      ///< mean is over elements, as in PyTorch; for the divergence divide a sum by N.
  bool log_target = false;  ///< Whether the target is a logarithm.
};

}  // namespace reel
