// Layers that change shapes: Flatten and Upsample.

#include <reel/nn/shape_layers.h>

#include <cmath>

#include <reel/nn/text.h>
#include <reel/ops/convolution.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/options.h>
#include <reel/ops/view.h>

namespace reel::nn {

Flatten::Flatten(std::int64_t start_dim, std::int64_t end_dim) : start_dim_(start_dim), end_dim_(end_dim) {
  set_extra_text(fmt::format("start_dim={}, end_dim={}", start_dim, end_dim));
}

Tensor Flatten::forward(const Tensor& x) const { return flatten(x, start_dim_, end_dim_); }

Upsample::Upsample(const UpsampleOptions& options) : options_(options) {
  check<ValueError>(options.size.has_value() != options.scale_factor.has_value(),
                    "Upsample: expected either a size or a scale_factor, got {}", options.size ? "both" : "neither");
  if (options.scale_factor) {
    reel::detail::check_option("Upsample", "scale_factor", *options.scale_factor, reel::detail::kPositive);
  }
  set_extra_text(
      (options.size ? "size=" + text::pair(*options.size) : "scale_factor=" + text::of(*options.scale_factor)) +
      (options.mode == InterpolateMode::nearest ? ", mode='nearest'" : ", mode='bilinear'"));
}

Tensor Upsample::forward(const Tensor& x) const {
  reel::detail::check_rank("Upsample", "the input", x, 4);
  const auto scaled = [&](std::int64_t size) {
    return static_cast<std::int64_t>(std::floor(static_cast<double>(size) * *options_.scale_factor));
  };
  const Size2d size = options_.size ? *options_.size : Size2d(scaled(x.size(2)), scaled(x.size(3)));
  return interpolate(x, size, {.mode = options_.mode, .align_corners = options_.align_corners});
}

}  // namespace reel::nn
