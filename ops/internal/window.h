#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include <reel/ops/options.h>
#include <reel/tensor/core/check.h>

/// The checks of all operations that slide a window over an image.
namespace reel::detail {

/// The largest window, step or padding, so small that sums of them cannot overflow.
inline constexpr std::int64_t kLongestStep = std::int64_t{1} << 30;

/// The numbers of each axis, from the outermost: of lines, images or volumes.
inline Dims axes(std::int64_t size) { return {size}; }
inline Dims axes(Size2d size) { return {size.height, size.width}; }
inline Dims axes(Size3d size) { return {size.depth, size.height, size.width}; }

/// The sizes of an image [N, C, ...].
inline Dims image_axes(const Shape& shape) {
  return Dims(std::span<const std::int64_t>(shape.begin() + 2, shape.end()));
}

/// "2 x 3".
inline std::string by(const Dims& sizes) {
  std::string out;
  for (const std::int64_t size : sizes) out += (out.empty() ? "" : " x ") + std::to_string(size);
  return out;
}

/// Throws a ValueError unless all numbers are at least `least`.
inline void check_steps(std::string_view op, std::string_view what, const Dims& sizes, std::int64_t least) {
  for (const std::int64_t size : sizes) {
    check<ValueError>(size >= least && size <= kLongestStep, "{}: expected {} from {} to 2^30, got {}", op, what, least,
                      by(sizes));
  }
}
inline void check_steps(std::string_view op, std::string_view what, Size2d size, std::int64_t least) {
  check_steps(op, what, axes(size), least);
}

/// How many windows of `kernel` elements, `dilation` apart, fit into `in` elements with `padding` on each side; throws
/// a ShapeError if none does. With `ceil_mode` the last one may end outside by less than a stride, if it begins inside
/// the image or the padding before it. That may be the only one.
inline std::int64_t count_windows(std::string_view op, std::int64_t in, std::int64_t kernel, std::int64_t stride,
                                  std::int64_t dilation, std::int64_t padding, bool ceil_mode = false) {
  const std::int64_t reach = checked_mul(kernel - 1, dilation);  // from the first element of the window to the last
  const std::int64_t room = in + 2 * padding - reach - 1 + (ceil_mode ? stride - 1 : 0);
  check<ShapeError>(room >= 0,
                    "{}: expected a window that fits into {} padded by {} on each side, got {} with dilation {}", op,
                    in, padding, kernel, dilation);
  const std::int64_t count = room / stride + 1;
  return ceil_mode && (count - 1) * stride >= in + padding ? count - 1 : count;
}

}  // namespace reel::detail
