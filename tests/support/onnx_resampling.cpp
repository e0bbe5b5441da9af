// ONNX's resizing and warping.

#include <cmath>
#include <functional>

#include <reel/ops/ops.h>

#include "support/onnx.h"

namespace reel::testing::onnx {
namespace {

/// What a result's size is made of: factors, or the size itself.
struct Target {
  std::vector<double> scales = {};       ///< Of all axes; empty if sizes are given.
  std::vector<std::int64_t> sizes = {};  ///< Of all axes.
};

/// Sizes with one factor for all axes, whose ratios they then nearly have.
void keep_aspect_ratio(Target& target, const Tensor& x, const std::vector<std::int64_t>& axes, bool larger) {
  double scale = 0;
  for (std::int64_t axis : axes) {
    const auto size = static_cast<double>(x.size(axis));
    const double factor = static_cast<double>(target.sizes[static_cast<std::size_t>(axis)]) / size;
    scale = scale == 0 ? factor : larger ? std::max(scale, factor) : std::min(scale, factor);
  }
  for (std::int64_t axis : axes) {
    const auto size = static_cast<double>(x.size(axis));
    target.sizes[static_cast<std::size_t>(axis)] = static_cast<std::int64_t>(std::floor(scale * size + 0.5));
  }
}

Target target(const Call& call) {
  const Tensor& x = call[0];
  std::vector<std::int64_t> axes = call.integers("axes");
  for (std::int64_t d = 0; axes.empty() && d < x.dim(); ++d) axes = arange(x.dim()).to_vector<std::int64_t>();
  Target result{.sizes = x.shape().to_vector()};
  if (call[2].defined() && call[2].numel()) {
    const auto factors = call[2].to_vector<double>();
    result.scales.assign(result.sizes.size(), 1);
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const auto axis = static_cast<std::size_t>(axes[i]);
      result.scales[axis] = factors[i];
      result.sizes[axis] = static_cast<std::int64_t>(std::floor(static_cast<double>(result.sizes[axis]) * factors[i]));
    }
    return result;
  }
  const auto sizes = call[3].to_vector<std::int64_t>();
  for (std::size_t i = 0; i < axes.size(); ++i) result.sizes[static_cast<std::size_t>(axes[i])] = sizes[i];
  const std::string policy = call.text("keep_aspect_ratio_policy", "stretch");
  if (policy != "stretch") keep_aspect_ratio(result, x, axes, policy == "not_smaller");
  return result;
}

/// Output positions per input position of an axis.
double factor_of(const Target& target, const Tensor& x, std::size_t axis) {
  if (!target.scales.empty()) return target.scales[axis];
  return static_cast<double>(target.sizes[axis]) / static_cast<double>(x.size(static_cast<std::int64_t>(axis)));
}

/// Whether factors give a whole size. ONNX reckons with the fraction otherwise.
bool is_whole(const Target& target, const Tensor& x) {
  for (std::size_t axis = 0; axis < target.scales.size(); ++axis) {
    const double size = static_cast<double>(x.size(static_cast<std::int64_t>(axis))) * target.scales[axis];
    if (size != std::floor(size)) return false;
  }
  return true;
}

/// To the nearest pixel. Reel rounds positions half way between two up, ONNX down unless told otherwise: that is the
/// mirror image of the mirrored image rounded up.
Tensor nearest(const Call& call, const Target& target, const std::string& positions,
               const std::function<Tensor(const Tensor&, InterpolateMode)>& resize) {
  const Tensor& x = call[0];
  const std::string rounding = call.text("nearest_mode", "round_prefer_floor");
  if (positions == "asymmetric" && rounding == "floor") return resize(x, InterpolateMode::nearest);
  const bool down = rounding == "round_prefer_floor";
  if (positions != "half_pixel" || !(down || rounding == "round_prefer_ceil")) {
    throw LeftOut("resizing to the nearest pixel with other positions or roundings");
  }
  if (!down || !is_whole(target, x)) return resize(x, InterpolateMode::nearest_exact);  // a fraction is at one end only
  Dims axes;
  for (int axis = 2; axis < x.dim(); ++axis) axes.push_back(axis);
  return flip(resize(flip(x, axes), InterpolateMode::nearest_exact), axes);
}

/// Whether positions are those between -1/2 and the size - 1/2, which Reel has.
bool is_half_pixel(const Target& target, const Tensor& x, const std::string& positions) {
  if (positions == "pytorch_half_pixel") {
    for (std::size_t axis = 2; axis < target.sizes.size(); ++axis) {
      if (target.sizes[axis] == 1 && x.size(static_cast<std::int64_t>(axis)) > 1) return false;  // 0 there
    }
    return true;
  }
  return positions == "half_pixel" || (positions == "half_pixel_symmetric" && is_whole(target, x));
}

bool is_larger(const Target& target, const Tensor& x) {
  for (std::size_t axis = 2; axis < target.sizes.size(); ++axis) {
    if (factor_of(target, x, axis) < 1) return false;
  }
  return true;
}

InterpolateOptions smooth(const Call& call, const Target& target, const std::string& mode,
                          const std::string& positions) {
  const Tensor& x = call[0];
  InterpolateOptions options{.align_corners = positions == "align_corners",
                             .antialias = call.integer("antialias", 0) != 0};
  options.mode = mode == "cubic" ? InterpolateMode::bicubic
                 : x.dim() == 3  ? InterpolateMode::linear
                 : x.dim() == 4  ? InterpolateMode::bilinear
                                 : InterpolateMode::trilinear;
  if (options.align_corners ? !is_whole(target, x) : !is_half_pixel(target, x, positions)) {
    throw LeftOut("smooth resizing with other positions");
  }
  // Reel's kernels are PyTorch's. With antialias what lies outside has no weight, and the cubic one has the number
  // -1/2.
  const bool outside = !call.integer("exclude_outside", 0), sharp = call.number("cubic_coeff_a", -0.75) == -0.75;
  if (mode == "cubic" && !options.antialias && !sharp && !outside && is_larger(target, x)) {
    options.antialias = true;
    return options;
  }
  if (outside == options.antialias || (mode == "cubic" && options.antialias == sharp)) {
    throw LeftOut("kernels of resizing other than PyTorch's");
  }
  return options;
}

Tensor resized(const Call& call) {
  const Tensor& x = call[0];
  const Target wanted = target(call);
  if (wanted.sizes[0] != x.size(0) || wanted.sizes[1] != x.size(1)) throw LeftOut("resizing of batch or channels");
  const auto resize = [&](const Tensor& image, const InterpolateOptions& options) {
    if (wanted.scales.empty()) {
      return interpolate(image, Dims(std::vector(wanted.sizes.begin() + 2, wanted.sizes.end())), options);
    }
    return interpolate(image, ScaleFactor(std::vector(wanted.scales.begin() + 2, wanted.scales.end())), options);
  };
  const std::string mode = call.text("mode", "nearest"),
                    positions = call.text("coordinate_transformation_mode", "half_pixel");
  if (mode != "nearest") return resize(x, smooth(call, wanted, mode, positions));
  return nearest(call, wanted, positions,
                 [&](const Tensor& image, InterpolateMode how) { return resize(image, {.mode = how}); });
}

/// The operator before Resize: factors are the second input, and positions are rounded down.
Tensor upsampled(const Call& call) {
  const auto factors = call[1].to_vector<double>();
  if (call.text("mode", "nearest") != "nearest") throw LeftOut("Upsample but to the nearest pixel");
  return interpolate(call[0], ScaleFactor(std::vector<double>(factors.begin() + 2, factors.end())));
}

Tensor sampled(const Call& call) {
  static const std::map<std::string, GridSampleMode> modes{{"linear", GridSampleMode::bilinear},
                                                           {"bilinear", GridSampleMode::bilinear},
                                                           {"nearest", GridSampleMode::nearest},
                                                           {"cubic", GridSampleMode::bicubic},
                                                           {"bicubic", GridSampleMode::bicubic}};
  static const std::map<std::string, GridSamplePadding> paddings{{"zeros", GridSamplePadding::zeros},
                                                                 {"border", GridSamplePadding::border},
                                                                 {"reflection", GridSamplePadding::reflection}};
  return grid_sample(call[0], call[1],
                     {.mode = modes.at(call.text("mode", "linear")),
                      .padding_mode = paddings.at(call.text("padding_mode", "zeros")),
                      .align_corners = call.integer("align_corners", 0) != 0});
}

Tensor affine(const Call& call) {
  return affine_grid(call[0], call[1].to_vector<std::int64_t>(), call.integer("align_corners", 0));
}

}  // namespace

void add_resampling(Operators& table) {
  add(table, {{"AffineGrid", affine}, {"GridSample", sampled}, {"Resize", resized}, {"Upsample", upsampled}});
}

}  // namespace reel::testing::onnx
