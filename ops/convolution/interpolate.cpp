// Resizing of lines, images and volumes, one axis after the other.

#include <cmath>
#include <vector>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/resample.h>
#include <reel/ops/convolution.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/internal/taps.h>
#include <reel/ops/internal/window.h>
#include <reel/ops/resampling.h>

namespace reel {
using namespace detail;
namespace {

constexpr std::string_view kName = "interpolate";

/// Resizing along one axis; transposed, the gradient of it, which spreads the results over the elements.
struct Resample {
  static constexpr std::string_view name = kName;
  AxisMap map;
  int dim;
  bool transposed = false;

  Tensor forward(Context&, const Tensor& x) const {
    const Tensor image = dense_image(x);
    const bool channels_last = is_channels_last_image(image);
    Shape shape = x.shape();
    shape[dim] = transposed ? map.in : map.out;
    const Tensor out = empty_image(shape, channels_last, x.options());
    std::int64_t outer = shape[0] * (channels_last ? 1 : shape[1]), inner = channels_last ? shape[1] : 1;
    for (int d = 2; d < dim; ++d) outer *= shape[d];
    for (int d = dim + 1; d < x.dim(); ++d) inner *= shape[d];
    const Taps taps = transposed ? map.taps().transposed(map.in) : map.taps();
    const Tensor first = tensor(taps.first).to(x.device());
    const Tensor weights = tensor(taps.weights).to(x.dtype()).to(x.device());
    kernels::resample[x.device()]({.dtype = x.dtype(),
                                   .outer = outer,
                                   .in = x.shape()[dim],
                                   .size = shape[dim],
                                   .inner = inner,
                                   .taps = taps.count,
                                   .x = image.data(),
                                   .out = out.data(),
                                   .first = first.data_ptr<std::int32_t>(),
                                   .weights = weights.data()});
    return out;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {apply(Resample{map, dim, !transposed}, grad)}; }
};

void check_input(const Tensor& x, const InterpolateOptions& options) {
  check_dtype(kName, x, kFloating);
  check<ShapeError>(x.dim() >= 3 && x.dim() <= 5, "{}: expected an input [N, C, ...] of rank 3 to 5, got shape {}",
                    kName, x.shape());
  const InterpolateMode mode = options.mode;
  using enum InterpolateMode;
  const int rank = mode == linear ? 3 : mode == bilinear || mode == bicubic ? 4 : mode == trilinear ? 5 : x.dim();
  check<ShapeError>(x.dim() == rank, "{}: expected an input of rank {} for mode {}, got shape {}{}", kName, rank,
                    to_string(mode), x.shape(), x.dim() + 1 == rank ? "; unsqueeze(0) makes a batch of one" : "");
  const bool steps = mode == nearest || mode == nearest_exact || mode == area;
  check<ValueError>(!options.align_corners || !steps,
                    "{}: expected align_corners with the linear modes and bicubic alone, got {}", kName,
                    to_string(mode));
  check<ValueError>(!options.antialias || mode == bilinear || mode == bicubic,
                    "{}: expected antialias with bilinear and bicubic alone, got {}", kName, to_string(mode));
  for (const std::int64_t size : image_axes(x.shape())) {
    check<ShapeError>(size > 0, "{}: expected an image with pixels, got shape {}", kName, x.shape());
  }
}

/// The mean of the elements that a result covers.
Tensor covered(const Tensor& x, const Dims& size) {
  if (size.size() == 1) return adaptive_avg_pool1d(x, size[0]);
  if (size.size() == 2) return adaptive_avg_pool2d(x, {size[0], size[1]});
  return adaptive_avg_pool3d(x, {size[0], size[1], size[2]});
}

/// `factors`, if not empty, are the scales that positions follow from; else the ratios of the sizes are.
Tensor resize(const Tensor& x, const Dims& size, const std::vector<double>& factors,
              const InterpolateOptions& options) {
  if (is_half(x))
    return in_f32(
        kName, [&](const Tensor& y) { return resize(y, size, factors, options); }, x);
  for (const std::int64_t n : size) {
    check<ValueError>(n > 0 && n <= kLongestStep, "{}: expected a size above 0, got {}", kName, by(size));
  }
  if (options.mode == InterpolateMode::area) return covered(x, size);
  Tensor out = x;
  for (int d = 0; d < size.size(); ++d) {
    const std::int64_t in = x.shape()[d + 2];
    AxisMap map{.in = in,
                .out = size[d],
                .numerator = static_cast<double>(in),
                .denominator = static_cast<double>(size[d]),
                .mode = options.mode,
                .align_corners = options.align_corners,
                .antialias = options.antialias};
    if (!factors.empty()) map.numerator = 1, map.denominator = factors[static_cast<std::size_t>(d)];
    if (!map.is_identity()) out = apply(Resample{map, d + 2}, out);
  }
  return out.is_same(x) ? x.clone() : out;
}

}  // namespace

Tensor interpolate(const Tensor& x, const SpatialSize& size, const InterpolateOptions& options) {
  check_input(x, options);
  check<ValueError>(!options.recompute_scale_factor,
                    "{}: expected recompute_scale_factor with a scale factor alone, got a size", kName);
  const int axis_count = x.dim() - 2;
  check<ValueError>(size.sizes.size() == 1 || size.sizes.size() == axis_count,
                    "{}: expected a size for all axes, or one for each of {}, got {}", kName, axis_count,
                    size.sizes.size());
  return resize(x, size.sizes.size() == 1 ? Dims::filled(axis_count, size.sizes[0]) : size.sizes, {}, options);
}

Tensor interpolate(const Tensor& x, const ScaleFactor& scale_factor, const InterpolateOptions& options) {
  check_input(x, options);
  std::vector<double> factors = scale_factor.numbers();
  const auto axis_count = static_cast<std::size_t>(x.dim() - 2);
  if (factors.size() == 1) factors.resize(axis_count, factors[0]);
  check<ValueError>(factors.size() == axis_count, "{}: expected a factor for all axes, or one for each of {}, got {}",
                    kName, axis_count, factors.size());
  Dims size = image_axes(x.shape());
  for (int d = 0; d < size.size(); ++d) {
    const double factor = factors[static_cast<std::size_t>(d)];
    check_option(kName, "scale_factor", factor, kPositive);
    const double scaled = static_cast<double>(size[d]) * factor;
    check<ValueError>(scaled < static_cast<double>(kLongestStep), "{}: expected a result of up to 2^30 pixels, got {}",
                      kName, scaled);
    size[d] = static_cast<std::int64_t>(scaled);
  }
  return resize(x, size, options.recompute_scale_factor ? std::vector<double>() : factors, options);
}

}  // namespace reel
