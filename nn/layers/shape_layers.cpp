// Layers that change shapes: Flatten, Upsample and those that move pixels and channels.

#include <reel/nn/layers/shape_layers.h>

#include <reel/nn/text.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/options.h>
#include <reel/ops/resampling.h>
#include <reel/ops/view.h>

namespace reel::nn {
namespace {

/// "4", or "(4, 5)".
std::string size_text(const Dims& sizes) { return sizes.size() == 1 ? std::to_string(sizes[0]) : text::tuple(sizes); }

}  // namespace

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
      (options.size ? "size=" + size_text(options.size->sizes) : "scale_factor=" + text::of(*options.scale_factor)) +
      fmt::format(", mode='{}'", to_string(options.mode)));
}

Tensor Upsample::forward(const Tensor& x) const {
  const InterpolateOptions options{.mode = options_.mode,
                                   .align_corners = options_.align_corners,
                                   .recompute_scale_factor = options_.recompute_scale_factor};
  return options_.size ? interpolate(x, *options_.size, options)
                       : interpolate(x, ScaleFactor(*options_.scale_factor), options);
}

PixelShuffle::PixelShuffle(std::int64_t upscale_factor) : factor_(upscale_factor) {
  reel::detail::check_at_least("PixelShuffle", "upscale_factor", upscale_factor, 1);
  set_extra_text(fmt::format("upscale_factor={}", upscale_factor));
}

Tensor PixelShuffle::forward(const Tensor& x) const { return pixel_shuffle(x, factor_); }

PixelUnshuffle::PixelUnshuffle(std::int64_t downscale_factor) : factor_(downscale_factor) {
  reel::detail::check_at_least("PixelUnshuffle", "downscale_factor", downscale_factor, 1);
  set_extra_text(fmt::format("downscale_factor={}", downscale_factor));
}

Tensor PixelUnshuffle::forward(const Tensor& x) const { return pixel_unshuffle(x, factor_); }

ChannelShuffle::ChannelShuffle(std::int64_t groups) : groups_(groups) {
  reel::detail::check_at_least("ChannelShuffle", "groups", groups, 1);
  set_extra_text(fmt::format("groups={}", groups));
}

Tensor ChannelShuffle::forward(const Tensor& x) const { return channel_shuffle(x, groups_); }

}  // namespace reel::nn
