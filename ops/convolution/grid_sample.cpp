// Images and volumes read at positions between their pixels, and the positions of affine maps.

#include <algorithm>
#include <vector>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/grid_sample.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/internal/window.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/numeric.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/resampling.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

constexpr std::string_view kName = "grid_sample";

/// What all positions [N, P] read along one axis, in recorded operations: the pixels, their weights, and the
/// derivatives of the weights by the position in the grid.
class AxisReading {
 public:
  /// `u` are the positions from -1 to 1 across `n` pixels.
  AxisReading(const Tensor& u, std::int64_t n, const GridSampleOptions& options) : n_(n), options_(options) {
    const auto size = static_cast<double>(n);
    const Tensor at = options.align_corners ? (u + 1) * ((size - 1) / 2) : ((u + 1) * size - 1) / 2;
    const double scale = (options.align_corners ? size - 1 : size) / 2;
    if (options.mode == GridSampleMode::bicubic) read_cubic(at, scale);
    else read_between(at, scale);
  }

  int count() const { return static_cast<int>(index_.size()); }
  const Tensor& index(int k) const { return index_[static_cast<std::size_t>(k)]; }    // i64, inside the image
  const Tensor& weight(int k) const { return weight_[static_cast<std::size_t>(k)]; }  // 0 for pixels outside
  const Tensor& slope(int k) const { return slope_[static_cast<std::size_t>(k)]; }    // of the weight

 private:
  void add(const Tensor& whole, const Tensor& weight, const Tensor& slope) {
    const Tensor place = where(isnan(whole), 0.0, whole),
                 inside = logical_and(ge(place, 0.0), lt(place, static_cast<double>(n_)));
    index_.push_back(clamp(place, 0.0, static_cast<double>(n_ - 1)).to(DType::i64));
    weight_.push_back(where(inside, weight, 0.0));
    slope_.push_back(where(inside, slope, 0.0));
  }

  void read_between(const Tensor& at, double scale) {
    Tensor place, slope;  // of a map made of straight pieces, whose derivative by `at` is the slope
    {
      const NoGradGuard guard;
      place = padded(at.detach(), &slope);
    }
    if (options_.mode == GridSampleMode::nearest) {
      const Tensor whole = round(place), none = place * 0;  // NaN stays
      return add(whole, none + 1, none);
    }
    const Tensor low = floor(place);
    const Tensor share = place - low + where(isfinite(at), at - at.detach(), 0.0) * slope;
    add(low, 1 - share, slope * -scale);
    add(low + 1, share, slope * scale);
  }

  /// Keys' weights at distances 1 + t, t, 1 - t and 2 - t, and their derivatives by t.
  void read_cubic(const Tensor& at, double scale) {
    constexpr double a = -0.75;
    const Tensor low = floor(at.detach()), t = at - low;
    const auto near = [](const Tensor& x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
    const auto far = [](const Tensor& x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
    const auto near_slope = [](const Tensor& x) { return (3 * (a + 2) * x - 2 * (a + 3)) * x; };
    const auto far_slope = [](const Tensor& x) { return (3 * a * x - 10 * a) * x + 8 * a; };
    const auto place = [&](double k) {
      const NoGradGuard guard;
      return padded(low + k, nullptr);
    };
    add(place(-1), far(t + 1), far_slope(t + 1) * scale);
    add(place(0), near(t), near_slope(t) * scale);
    add(place(1), near(1 - t), near_slope(1 - t) * -scale);
    add(place(2), far(2 - t), far_slope(2 - t) * -scale);
  }

  /// Where the padding moves positions, and the slope of that (if asked for).
  Tensor padded(const Tensor& at, Tensor* slope) const {
    Tensor place = at, direction = ones_like(at);
    if (options_.padding_mode == GridSamplePadding::reflection) {
      const double low = options_.align_corners ? 0 : -0.5;
      const double span = static_cast<double>(options_.align_corners ? n_ - 1 : n_);
      if (span == 0) {
        place = at * 0;
        direction = place;
      } else {
        const Tensor distance = abs(at - low), flips = floor(distance / span), rest = distance - flips * span;
        const Tensor even = eq(remainder(flips, 2), 0);
        place = where(even, rest, span - rest) + low;
        direction = where(logical_xor(even, lt(at, low)), ones_like(at), -ones_like(at));
      }
    }
    if (options_.padding_mode != GridSamplePadding::zeros) {
      const auto last = static_cast<double>(n_ - 1);
      const Tensor inside = logical_and(gt(place, 0.0), lt(place, last)).to(at.dtype());
      direction = direction * inside;
      place = clamp(place, 0.0, last);
    }
    if (slope) *slope = direction;
    return place;
  }

  std::int64_t n_;
  GridSampleOptions options_;
  Tensors index_, weight_, slope_;
};

/// The kernels' arguments for the layout of x, which is dense.
kernels::GridSampleArgs make_args(const Tensor& x, const Tensor& grid, const GridSampleOptions& options) {
  const bool volume = x.dim() == 5;
  return {.dtype = x.dtype(),
          .mode = static_cast<kernels::GridMode>(options.mode),
          .padding = static_cast<kernels::GridPadding>(options.padding_mode),
          .align_corners = options.align_corners,
          .channels_last = is_channels_last_image(x),
          .axes = volume ? 3 : 2,
          .batch = x.shape()[0],
          .channels = x.shape()[1],
          .depth = volume ? x.shape()[2] : 1,
          .height = x.shape()[x.dim() - 2],
          .width = x.shape()[x.dim() - 1],
          .positions = grid.numel() / std::max<std::int64_t>(1, x.shape()[0] * (x.dim() - 2)),
          .x = x.data(),
          .grid = grid.data(),
          .out = nullptr};
}

/// The gradients in recorded operations: each pixel that a position reads gets its weight times the gradient, and the
/// position the pixel times the derivative of its weight.
class RecordedGradients {
 public:
  RecordedGradients(const Tensor& x, const Tensor& grid, const Tensor& grad, const GridSampleOptions& options)
      : x_(x), grid_(grid), n_(x.shape()[0]), c_(x.shape()[1]), axes_(x.dim() - 2) {
    pixels_ = x.reshape({n_, c_, numel(image_axes(x.shape()))});
    grad_ = grad.reshape({n_, c_, numel(image_axes(grad.shape()))});
    const Tensor flat = grid.reshape({n_, grad_.shape()[2], axes_});
    for (int d = 0; d < axes_; ++d) {  // from the outermost axis; the grid's numbers run the other way
      readings_.emplace_back(flat.select(2, axes_ - 1 - d), x.shape()[d + 2], options);
    }
  }

  Tensor of_pixels() const {
    Tensor sum = zeros_like(pixels_);
    for_each_tap([&](const std::vector<int>& tap, const Tensor& index) {
      sum = scatter_add(sum, 2, index, grad_ * product(tap, -1).unsqueeze(1));
    });
    return sum.reshape(x_.shape());
  }

  Tensor of_grid() const {
    Tensors sums(static_cast<std::size_t>(axes_), zeros({n_, grad_.shape()[2]}, x_.options()));
    for_each_tap([&](const std::vector<int>& tap, const Tensor& index) {
      const Tensor read = sum(grad_ * gather(pixels_, 2, index), {1});
      for (int d = 0; d < axes_; ++d) {
        Tensor& to = sums[static_cast<std::size_t>(axes_ - 1 - d)];
        to = to + read * product(tap, d);
      }
    });
    return stack(sums, 2).reshape(grid_.shape());
  }

 private:
  /// `f(tap of each axis, pixels [N, C, positions])`.
  template <class F> void for_each_tap(F&& f) const {
    int combinations = 1;
    for (const AxisReading& reading : readings_) combinations *= reading.count();
    for (int i = 0; i < combinations; ++i) {
      std::vector<int> tap;
      Tensor index;
      for (int d = 0, rest = i; d < axes_; ++d) {
        const AxisReading& reading = readings_[static_cast<std::size_t>(d)];
        tap.push_back(rest % reading.count());
        rest /= reading.count();
        const Tensor& along = reading.index(tap.back());
        index = index.defined() ? index * x_.shape()[d + 2] + along : along;
      }
      f(tap, index.unsqueeze(1).expand(grad_.shape()));
    }
  }

  /// The product of the weights, with the slope along one axis in place of the weight there.
  Tensor product(const std::vector<int>& tap, int slope_axis) const {
    Tensor out;
    for (int d = 0; d < axes_; ++d) {
      const auto at = static_cast<std::size_t>(d);
      const Tensor& factor = d == slope_axis ? readings_[at].slope(tap[at]) : readings_[at].weight(tap[at]);
      out = out.defined() ? out * factor : factor;
    }
    return out;
  }

  Tensor x_, grid_, pixels_, grad_;
  std::int64_t n_, c_;
  int axes_;
  std::vector<AxisReading> readings_;
};

struct GridSample {
  static constexpr std::string_view name = kName;
  GridSampleOptions options;

  Tensor forward(Context& ctx, const Tensor& input, const Tensor& positions) const {
    ctx.save(input);
    ctx.save(positions);
    const Tensor x = dense_image(input), grid = positions.contiguous();
    Shape shape = x.shape();
    for (int d = 2; d < x.dim(); ++d) shape[d] = grid.shape()[d - 1];
    kernels::GridSampleArgs args = make_args(x, grid, options);
    const Tensor out = empty_image(shape, args.channels_last, x.options());
    args.out = out.data();
    kernels::grid_sample[x.device()](args);
    return out;
  }
  /// By a kernel, unless the gradient is itself recorded.
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    if (GradMode::enabled()) {
      const RecordedGradients gradients(ctx.saved(0), ctx.saved(1), grad, options);
      return {ctx.needs_grad(0) ? gradients.of_pixels() : Tensor(), ctx.needs_grad(1) ? gradients.of_grid() : Tensor()};
    }
    const Tensor x = dense_image(ctx.saved(0)), grid = ctx.saved(1).contiguous();
    const kernels::GridSampleArgs args = make_args(x, grid, options);
    const Tensor y_grad = dense_image(grad, args.channels_last);
    const Tensor x_grad = ctx.needs_grad(0) ? empty_image(x.shape(), args.channels_last, x.options()) : Tensor();
    const Tensor grid_grad = ctx.needs_grad(1) ? empty(grid.shape(), x.options()) : Tensor();
    kernels::grid_sample_grad[x.device()]({.forward = args,
                                           .y_grad = y_grad.data(),
                                           .x_grad = x_grad.defined() ? x_grad.data() : nullptr,
                                           .grid_grad = grid_grad.defined() ? grid_grad.data() : nullptr});
    return {x_grad, grid_grad};
  }
};

/// n positions from -1 to 1: the centres of pixels, which with aligned corners include both ends.
Tensor centres(std::int64_t n, bool align_corners, const Tensor& like) {
  std::vector<double> at;
  for (std::int64_t i = 0; i < n; ++i) {
    const auto k = static_cast<double>(i), size = static_cast<double>(n);
    at.push_back(align_corners ? (n > 1 ? 2 * k / (size - 1) - 1 : 0) : (2 * k + 1) / size - 1);
  }
  return tensor(at).to(like.dtype()).to(like.device());
}

}  // namespace

Tensor grid_sample(const Tensor& x, const Tensor& grid, const GridSampleOptions& options) {
  check_dtype(kName, x, kFloating);
  check_defined(kName, grid, "the grid");
  check_same_dtype(kName, x, grid);
  check_same_device(kName, x, grid);
  check<ShapeError>(x.dim() == 4 || x.dim() == 5,
                    "{}: expected an image [N, C, H, W] or a volume [N, C, D, H, W], got shape {}", kName, x.shape());
  check<ShapeError>(grid.dim() == x.dim() && grid.shape()[0] == x.shape()[0] && grid.shape().back() == x.dim() - 2,
                    "{}: expected a grid [{}, ..., {}] of rank {}, got shape {}", kName, x.shape()[0], x.dim() - 2,
                    x.dim(), grid.shape());
  check<ValueError>(options.mode != GridSampleMode::bicubic || x.dim() == 4,
                    "{}: expected an image for mode bicubic, got shape {}", kName, x.shape());
  for (int d = 2; d < x.dim(); ++d) {
    check<ShapeError>(x.shape()[d] > 0, "{}: expected an image with pixels, got shape {}", kName, x.shape());
  }
  return apply_in_f32(GridSample{options}, x, grid);
}

Tensor affine_grid(const Tensor& theta, const Shape& size, bool align_corners) {
  check_dtype("affine_grid", theta, kFloating);
  if (is_half(theta)) {
    return in_f32(
        "affine_grid", [&](const Tensor& t) { return affine_grid(t, size, align_corners); }, theta);
  }
  check<ShapeError>(size.size() == 4 || size.size() == 5,
                    "affine_grid: expected a size [N, C, H, W] or [N, C, D, H, W], got {}", size);
  const int axis_count = size.size() - 2;
  check<ShapeError>(theta.shape() == Shape{size[0], axis_count, axis_count + 1},
                    "affine_grid: expected theta of shape [{}, {}, {}], got {}", size[0], axis_count, axis_count + 1,
                    theta.shape());
  Shape grid;
  for (int d = 2; d < size.size(); ++d) {
    check<ShapeError>(size[d] > 0, "affine_grid: expected sizes above 0, got {}", size);
    grid.push_back(size[d]);
  }
  Tensors columns;  // x, y, (z,) 1
  for (int d = axis_count - 1; d >= 0; --d) {
    Shape along = Dims::filled(axis_count, 1);
    along[d] = grid[d];
    columns.push_back(centres(grid[d], align_corners, theta).reshape(along).expand(grid));
  }
  columns.push_back(ones(grid, {.dtype = theta.dtype(), .device = theta.device()}));
  const Tensor base = stack(columns, -1).reshape({1, numel(grid), axis_count + 1});
  const Tensor placed = matmul(base.expand({size[0], numel(grid), axis_count + 1}), theta.transpose(1, 2));
  grid.insert(0, size[0]);
  grid.push_back(axis_count);
  return placed.reshape(grid);
}

}  // namespace reel
