#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

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

/// Depth, height and width; one number means all.
struct Size3d {
  std::int64_t depth, height, width;  ///< In pixels.

  /// One number for all, or depth, height and width.
  constexpr Size3d(std::int64_t all) : depth(all), height(all), width(all) {}
  constexpr Size3d(std::int64_t d, std::int64_t h, std::int64_t w) : depth(d), height(h), width(w) {}
  constexpr bool operator==(const Size3d&) const = default;  ///< All are equal.
};

/// A Size3d that may be left out: `2`, `{1, 2, 2}` or nothing.
struct OptionalSize3d : std::optional<Size3d> {
  using std::optional<Size3d>::optional;
  /// Depth, height and width.
  constexpr OptionalSize3d(std::int64_t d, std::int64_t h, std::int64_t w) : std::optional<Size3d>(Size3d(d, h, w)) {}
};

/// How the amounts of a padding are given.
enum class PaddingMode : std::uint8_t { numbers, valid, same, full };

namespace detail {
/// The mode that a word means; a ValueError for any but "valid", "same" and "full".
PaddingMode padding_mode(const char* word);
}  // namespace detail

/// How far an image is extended on each side: numbers, or a word. "valid" adds nothing; "same" keeps the size (stride 1
/// only; an odd excess goes after); "full" adds kernel - 1 on both sides, so that every overlap counts. `Size` is
/// Size2d or Size3d.
template <class Size> class PaddingOf {
 public:
  using Mode = PaddingMode;  ///< How the amounts are given.

  /// So many pixels on each side of each axis; the axes may differ.
  constexpr PaddingOf(std::integral auto all) : numbers_(static_cast<std::int64_t>(all)) {}
  constexpr PaddingOf(std::integral auto first, std::integral auto... rest) requires(sizeof...(rest) > 0)
      : numbers_(static_cast<std::int64_t>(first), static_cast<std::int64_t>(rest)...) {}
  constexpr PaddingOf(Size numbers) : numbers_(numbers) {}
  /// A ValueError for any other word.
  PaddingOf(const char* word) : mode_(detail::padding_mode(word)) {}

  /// How the amounts are given, and the numbers if they are numbers.
  constexpr Mode mode() const { return mode_; }
  constexpr Size numbers() const { return numbers_; }

 private:
  Size numbers_ = 0;
  Mode mode_ = Mode::numbers;
};

/// The padding of a line or an image.
using Padding = PaddingOf<Size2d>;
/// The padding of a volume.
using Padding3d = PaddingOf<Size3d>;

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

/// Options of conv3d.
struct Conv3dOptions {
  Size3d stride = 1;        ///< Steps between windows.
  Padding3d padding = 0;    ///< Zeros on each side.
  Size3d dilation = 1;      ///< Steps between the elements of a window.
  std::int64_t groups = 1;  ///< Blocks of channels that are convolved on their own.
};

/// Options of conv_transpose1d: those of the convolution whose input gradient it is.
struct ConvTranspose1dOptions {
  std::int64_t stride = 1;          ///< Steps between windows.
  std::int64_t padding = 0;         ///< Zeros on each side.
  std::int64_t output_padding = 0;  ///< Added to the result's size, where the stride leaves it open.
  std::int64_t groups = 1;          ///< Blocks of channels that are convolved on their own.
  std::int64_t dilation = 1;        ///< Steps between the elements of a window.
};

/// Options of conv_transpose2d: those of the convolution whose input gradient it is.
struct ConvTranspose2dOptions {
  Size2d stride = 1;          ///< Steps between windows.
  Size2d padding = 0;         ///< Zeros on each side.
  Size2d output_padding = 0;  ///< Added to the result's size, where the stride leaves it open.
  std::int64_t groups = 1;    ///< Blocks of channels that are convolved on their own.
  Size2d dilation = 1;        ///< Steps between the elements of a window.
};

/// Options of conv_transpose3d: those of the convolution whose input gradient it is.
struct ConvTranspose3dOptions {
  Size3d stride = 1;          ///< Steps between windows.
  Size3d padding = 0;         ///< Zeros on each side.
  Size3d output_padding = 0;  ///< Added to the result's size, where the stride leaves it open.
  std::int64_t groups = 1;    ///< Blocks of channels that are convolved on their own.
  Size3d dilation = 1;        ///< Steps between the elements of a window.
};

/// Options of im2col and col2im.
struct WindowOptions {
  Size2d dilation = 1;  ///< Steps between the elements of a window.
  Size2d padding = 0;   ///< Zeros on each side.
  Size2d stride = 1;    ///< Steps between windows.
};

/// Options of max_pool1d.
struct MaxPool1dOptions {
  std::optional<std::int64_t> stride = std::nullopt;  ///< The kernel's size if not given.
  std::int64_t padding = 0;                           ///< Minus infinity on each side; at most half the kernel.
  std::int64_t dilation = 1;                          ///< Steps between the elements of a window.
  bool ceil_mode = false;  ///< Keeps a last (or only) window that begins inside but ends outside.
};

/// Options of max_pool2d.
struct MaxPool2dOptions {
  OptionalSize2d stride = std::nullopt;  ///< The kernel's size if not given.
  Size2d padding = 0;                    ///< Minus infinity on each side; at most half the kernel.
  Size2d dilation = 1;                   ///< Steps between the elements of a window.
  bool ceil_mode = false;                ///< Keeps a last (or only) window that begins inside but ends outside.
};

/// Options of max_pool3d.
struct MaxPool3dOptions {
  OptionalSize3d stride = std::nullopt;  ///< The kernel's size if not given.
  Size3d padding = 0;                    ///< Minus infinity on each side; at most half the kernel.
  Size3d dilation = 1;                   ///< Steps between the elements of a window.
  bool ceil_mode = false;                ///< Keeps a last (or only) window that begins inside but ends outside.
};

/// Options of avg_pool1d.
struct AvgPool1dOptions {
  std::optional<std::int64_t> stride = std::nullopt;  ///< The kernel's size if not given.
  std::int64_t padding = 0;                           ///< Zeros on each side; at most half the kernel.
  bool ceil_mode = false;         ///< Keeps a last (or only) window that begins inside but ends outside.
  bool count_include_pad = true;  ///< Whether padded zeros count in the mean.
};

/// Options of avg_pool2d.
struct AvgPool2dOptions {
  OptionalSize2d stride = std::nullopt;  ///< The kernel's size if not given.
  Size2d padding = 0;                    ///< Zeros on each side; at most half the kernel.
  bool ceil_mode = false;                ///< Keeps a last (or only) window that begins inside but ends outside.
  bool count_include_pad = true;         ///< Whether padded zeros count in the mean.
  std::optional<std::int64_t> divisor_override = std::nullopt;  ///< What sums are divided by, instead of the size.
};

/// Options of avg_pool3d.
struct AvgPool3dOptions {
  OptionalSize3d stride = std::nullopt;  ///< The kernel's size if not given.
  Size3d padding = 0;                    ///< Zeros on each side; at most half the kernel.
  bool ceil_mode = false;                ///< Keeps a last (or only) window that begins inside but ends outside.
  bool count_include_pad = true;         ///< Whether padded zeros count in the mean.
  std::optional<std::int64_t> divisor_override = std::nullopt;  ///< What sums are divided by, instead of the size.
};

/// Options of max_unpool1d.
struct MaxUnpool1dOptions {
  std::optional<std::int64_t> stride = std::nullopt;  ///< The kernel's size if not given.
  std::int64_t padding = 0;                           ///< That of the pooling.
  /// The result's size, where the stride leaves it open: within a stride of the smallest.
  std::optional<std::int64_t> output_size = std::nullopt;
};

/// Options of max_unpool2d.
struct MaxUnpool2dOptions {
  OptionalSize2d stride = std::nullopt;  ///< The kernel's size if not given.
  Size2d padding = 0;                    ///< That of the pooling.
  /// The result's size, where the stride leaves it open: within a stride of the smallest.
  OptionalSize2d output_size = std::nullopt;
};

/// Options of max_unpool3d.
struct MaxUnpool3dOptions {
  OptionalSize3d stride = std::nullopt;  ///< The kernel's size if not given.
  Size3d padding = 0;                    ///< That of the pooling.
  /// The result's size, where the stride leaves it open: within a stride of the smallest.
  OptionalSize3d output_size = std::nullopt;
};

/// Options of lp_pool1d.
struct LpPool1dOptions {
  std::optional<std::int64_t> stride = std::nullopt;  ///< The kernel's size if not given.
  bool ceil_mode = false;  ///< Keeps a last (or only) window that begins inside but ends outside.
};

/// Options of lp_pool2d.
struct LpPool2dOptions {
  OptionalSize2d stride = std::nullopt;  ///< The kernel's size if not given.
  bool ceil_mode = false;                ///< Keeps a last (or only) window that begins inside but ends outside.
};

/// The value of a pixel between others: that of one neighbour, a weighted mean of the neighbours along each axis (two,
/// or four of them with bicubic), or the mean of the pixels that it covers. `nearest` rounds positions down,
/// `nearest_exact` takes the pixel whose centre is nearest.
enum class InterpolateMode : std::uint8_t { nearest, bilinear, linear, bicubic, trilinear, area, nearest_exact };

/// "nearest", "bilinear" and so on; "nearest-exact".
std::string_view to_string(InterpolateMode mode);

/// Options of interpolate.
struct InterpolateOptions {
  InterpolateMode mode = InterpolateMode::nearest;  ///< How values between pixels are computed.
  bool align_corners = false;           ///< Linear modes and bicubic: whether the corner pixels' centres coincide.
  bool recompute_scale_factor = false;  ///< With a scale factor: whether positions follow from the sizes instead.
  bool antialias = false;               ///< bilinear and bicubic: widens the kernel where the result is smaller.
};

/// How many times larger the result of interpolate is.
class ScaleFactor {
 public:
  /// Along all axes; or one for each, from the outermost.
  explicit ScaleFactor(double factor) : factors_{factor} {}
  explicit ScaleFactor(std::vector<double> factor) : factors_(std::move(factor)) {}

  /// One number for all axes, or one for each.
  const std::vector<double>& numbers() const { return factors_; }

 private:
  std::vector<double> factors_;
};

/// The size of the result of interpolate: a number for each axis, or one for all.
struct SpatialSize {
  Dims sizes;  ///< From the outermost axis.

  SpatialSize(std::integral auto all) : sizes(static_cast<std::int64_t>(all)) {}
  SpatialSize(std::initializer_list<std::int64_t> each) : sizes(each) {}
  SpatialSize(const Dims& each) : sizes(each) {}
  SpatialSize(Size2d size) : sizes{size.height, size.width} {}
  SpatialSize(Size3d size) : sizes{size.depth, size.height, size.width} {}
};

/// How grid_sample reads between pixels.
enum class GridSampleMode : std::uint8_t { bilinear, nearest, bicubic };

/// What grid_sample reads outside the image: zeros, the nearest edge, or the image mirrored at its edges.
enum class GridSamplePadding : std::uint8_t { zeros, border, reflection };

/// Options of grid_sample.
struct GridSampleOptions {
  GridSampleMode mode = GridSampleMode::bilinear;             ///< bilinear is trilinear for volumes.
  GridSamplePadding padding_mode = GridSamplePadding::zeros;  ///< What lies outside.
  bool align_corners = false;  ///< Whether -1 and 1 are the centres of the corner pixels, not their outer edges.
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

/// Options of scaled_dot_product_attention.
struct AttentionOptions {
  /// Which positions take part (boolean), or what is added to the scaled products (the query's dtype); broadcast.
  Tensor attn_mask = {};
  double dropout_p = 0;                        ///< The share of the weights that become 0.
  bool is_causal = false;                      ///< Query i sees the keys 0 to i alone.
  std::optional<double> scale = std::nullopt;  ///< Of the products; 1 / sqrt(E) if not given.
  bool enable_gqa = false;                     ///< Several heads of the query share one of key and value.
};

/// Options of kl_div.
struct KlDivOptions {
  Reduction reduction =
      Reduction::mean;      ///< mean is over elements, as in PyTorch; for the divergence divide a sum by N.
  bool log_target = false;  ///< Whether the target is a logarithm.
};

}  // namespace reel
