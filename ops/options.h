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
  std::int64_t height, width;

  constexpr Size2d(std::int64_t both) : height(both), width(both) {}
  constexpr Size2d(std::int64_t h, std::int64_t w) : height(h), width(w) {}
  constexpr bool operator==(const Size2d&) const = default;
};

/// How far an image is extended on each side: numbers, or a word. "valid" adds nothing; "same" keeps the size (stride 1
/// only; an odd excess goes after); "full" adds kernel - 1 on both sides, so that every overlap counts.
class Padding {
 public:
  enum class Mode : std::uint8_t { numbers, valid, same, full };

  constexpr Padding(std::integral auto both) : numbers_(static_cast<std::int64_t>(both)) {}
  constexpr Padding(std::int64_t h, std::int64_t w) : numbers_(h, w) {}
  constexpr Padding(Size2d numbers) : numbers_(numbers) {}
  /// A ValueError for any other word.
  Padding(const char* word);

  constexpr Mode mode() const { return mode_; }
  constexpr Size2d numbers() const { return numbers_; }

 private:
  Size2d numbers_ = 0;
  Mode mode_ = Mode::numbers;
};

struct Conv1dOptions {
  std::int64_t stride = 1;
  Padding padding = 0;
  std::int64_t dilation = 1;
  std::int64_t groups = 1;
};

struct Conv2dOptions {
  Size2d stride = 1;
  Padding padding = 0;
  Size2d dilation = 1;
  std::int64_t groups = 1;
};

struct ConvTranspose2dOptions {
  Size2d stride = 1;
  Size2d padding = 0;
  Size2d output_padding = 0;
  std::int64_t groups = 1;
  Size2d dilation = 1;
};

struct WindowOptions {
  Size2d dilation = 1;
  Size2d padding = 0;
  Size2d stride = 1;
};

struct MaxPool2dOptions {
  std::optional<Size2d> stride = std::nullopt;  ///< The kernel's size if not given.
  Size2d padding = 0;
  Size2d dilation = 1;
  bool ceil_mode = false;  ///< Keeps a last window that begins inside but ends outside.
};

struct AvgPool2dOptions {
  std::optional<Size2d> stride = std::nullopt;  ///< The kernel's size if not given.
  Size2d padding = 0;
  bool ceil_mode = false;         ///< Keeps a last window that begins inside but ends outside.
  bool count_include_pad = true;  ///< Whether padded zeros count in the mean.
};

enum class InterpolateMode : std::uint8_t { nearest, bilinear };

struct InterpolateOptions {
  InterpolateMode mode = InterpolateMode::nearest;
  bool align_corners = false;  ///< bilinear: whether the corner pixels' centres coincide.
};

enum class PadMode : std::uint8_t { constant, reflect, replicate, circular };

/// What becomes of the losses of the elements (or samples).
enum class Reduction : std::uint8_t { none, mean, sum };

struct CrossEntropyOptions {
  Tensor weight = {};                ///< [classes]: the weight of each class.
  std::int64_t ignore_index = -100;  ///< A label that contributes nothing.
  Reduction reduction = Reduction::mean;
  double label_smoothing = 0;  ///< The share of the target spread evenly over all classes.
};

struct NllLossOptions {
  Tensor weight = {};                ///< [classes]: the weight of each class.
  std::int64_t ignore_index = -100;  ///< A label that contributes nothing.
  Reduction reduction = Reduction::mean;
};

struct BinaryCrossEntropyOptions {
  Tensor weight = {};  ///< Scales each element's loss (broadcast).
  Reduction reduction = Reduction::mean;
};

struct BinaryCrossEntropyWithLogitsOptions {
  Tensor weight = {};  ///< Scales each element's loss (broadcast).
  Reduction reduction = Reduction::mean;
  Tensor pos_weight = {};  ///< Scales the positive term (broadcast).
};

struct KlDivOptions {
  Reduction reduction =
      Reduction::mean;  ///< mean is over elements, as in PyTorch; for the divergence divide a sum by N.
  bool log_target = false;
};

}  // namespace reel
