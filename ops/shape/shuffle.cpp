// Rearranging channels and pixels: pixel_shuffle, pixel_unshuffle, channel_shuffle.

#include <reel/ops/internal/checks.h>
#include <reel/ops/resampling.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

void check_image(std::string_view op, const Tensor& x, std::string_view what, std::int64_t factor) {
  check_defined(op, x);
  check<ShapeError>(x.dim() >= 3, "{}: expected an input [..., C, H, W], got shape {}", op, x.shape());
  check_at_least(op, what, factor, 1);
}

/// How many images there are.
std::int64_t image_count(const Shape& shape) {
  return numel(Shape(std::span<const std::int64_t>(shape.begin(), shape.end() - 3)));
}

/// The dimensions before the last three, then `rest`.
Shape after_batch(const Shape& shape, const Shape& rest) {
  Shape out(std::span<const std::int64_t>(shape.begin(), shape.end() - 3));
  for (const std::int64_t size : rest) out.push_back(size);
  return out;
}

}  // namespace

Tensor pixel_shuffle(const Tensor& x, std::int64_t upscale_factor) {
  check_image("pixel_shuffle", x, "upscale_factor", upscale_factor);
  const std::int64_t r = upscale_factor, c = x.size(-3), h = x.size(-2), w = x.size(-1);
  check<ShapeError>(c % r == 0 && c / r % r == 0, "pixel_shuffle: expected channels that {} x {} divides, got shape {}",
                    r, r, x.shape());
  const std::int64_t out = c / r / r;
  const Tensor split = x.reshape({image_count(x.shape()), out, r, r, h, w});
  return split.permute({0, 1, 4, 2, 5, 3}).reshape(after_batch(x.shape(), {out, checked_mul(h, r), checked_mul(w, r)}));
}

Tensor pixel_unshuffle(const Tensor& x, std::int64_t downscale_factor) {
  check_image("pixel_unshuffle", x, "downscale_factor", downscale_factor);
  const std::int64_t r = downscale_factor, c = x.size(-3), h = x.size(-2), w = x.size(-1);
  check<ShapeError>(h % r == 0 && w % r == 0,
                    "pixel_unshuffle: expected height and width that {} divides, got shape {}", r, x.shape());
  const Tensor split = x.reshape({image_count(x.shape()), c, h / r, r, w / r, r});
  return split.permute({0, 1, 3, 5, 2, 4})
      .reshape(after_batch(x.shape(), {checked_mul(checked_mul(c, r), r), h / r, w / r}));
}

Tensor channel_shuffle(const Tensor& x, std::int64_t groups) {
  check_defined("channel_shuffle", x);
  check<ShapeError>(x.dim() >= 3, "channel_shuffle: expected an input [N, C, ...] of rank 3 or more, got shape {}",
                    x.shape());
  check_at_least("channel_shuffle", "groups", groups, 1);
  const std::int64_t c = x.shape()[1];
  check<ShapeError>(c % groups == 0, "channel_shuffle: expected channels that {} groups divide, got shape {}", groups,
                    x.shape());
  Shape split = x.shape();
  split[1] = groups;
  split.insert(2, c / groups);
  return x.reshape(split).transpose(1, 2).reshape(x.shape());
}

}  // namespace reel
