// batch_norm, layer_norm, rms_norm and group_norm: the same pair of operations with the dimensions grouped in three
// ways.

#include <limits>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/norm.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/copy.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/normalization.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// The input seen as [n, groups, depth, inner]. Each group has its statistics, in each sample or over the whole batch;
/// each channel (group and depth) has a weight and a bias.
struct Frame {
  std::int64_t n, groups, depth, inner;
  bool over_batch;  // whether a statistic is over all samples
  double eps;
  Shape parameters;      // of weight and bias
  bool centered = true;  // whether the mean is subtracted; if not, there is none

  Shape view() const { return {n, groups, depth, inner}; }
  Dims statistic_dims() const { return over_batch ? Dims{0, 2, 3} : Dims{2, 3}; }
  std::int64_t count() const { return (over_batch ? n : 1) * depth * inner; }

  /// How the dense image `x` lies in memory.
  kernels::NormLayout layout(const Tensor& x) const {
    const bool channels_last = is_channels_last_image(x);
    const std::int64_t samples = over_batch ? 1 : n, rows = over_batch ? n : 1;
    return {.samples = samples,
            .rows = channels_last ? rows * inner : rows,
            .groups = groups,
            .depth = depth,
            .inner = channels_last ? 1 : inner};
  }
  /// A statistic, to broadcast against the view.
  Tensor of_statistics(const Tensor& statistic) const { return reshape(statistic, {over_batch ? 1 : n, groups, 1, 1}); }
  /// A weight or bias, or a gradient of one, to broadcast against the view.
  Tensor broadcastable(const Tensor& parameter) const { return reshape(parameter, {groups, depth, 1}); }
  /// Sums a tensor of the view's shape to the shape of the parameters.
  Tensor sum_to_parameters(const Tensor& x) const { return reshape(sum(x, {0, 3}), parameters); }
};

/// The statistics of all groups.
struct Statistics {
  Tensor mean, variance, rstd;

  /// Uninitialised.
  Statistics(const Frame& frame, const Tensor& x) {
    const Shape shape{frame.layout(x).statistics()};
    const TensorOptions options = x.options();
    if (frame.centered) mean = empty(shape, options);
    variance = empty(shape, options);
    rstd = empty(shape, options);
  }
};

/// weight and bias must be contiguous and outlive the arguments, which point into their memory.
kernels::NormApplyArgs apply_args(const Frame& frame, const Tensor& x, const Tensor& weight, const Tensor& bias,
                                  const Tensor& mean, const Tensor& rstd, bool relu, const Tensor& y) {
  return {.dtype = x.dtype(),
          .layout = frame.layout(x),
          .x = x.data(),
          .mean = data_or_null(mean),
          .rstd = rstd.data(),
          .weight = data_or_null(weight),
          .bias = data_or_null(bias),
          .relu = relu,
          .y = y.data()};
}

/// The gradients of Normalize: of x, and of weight and bias if there are any.
struct NormalizeGrad {
  static constexpr std::string_view name = "normalize_grad";
  Frame frame;
  bool affine, relu;

  Tensors forward(Context& ctx, const Tensor& grad, const Tensor& x, const Tensor& weight, const Tensor& bias,
                  const Tensor& mean, const Tensor& rstd) const {
    ctx.save(grad);
    ctx.save(x);
    ctx.save(weight);
    ctx.save(bias);
    ctx.save(mean);
    ctx.save(rstd);
    const Tensor g = dense_image(grad, is_channels_last_image(x));
    const Tensor w = contiguous_if_defined(weight), b = contiguous_if_defined(bias);
    const TensorOptions options = x.options();
    Tensors out{empty_like(x)};
    if (affine) {
      out.push_back(empty(frame.parameters, options));
      out.push_back(empty(frame.parameters, options));
    }
    kernels::norm_grad[x.device()]({.dtype = x.dtype(),
                                    .layout = frame.layout(x),
                                    .grad = g.data(),
                                    .x = x.data(),
                                    .mean = data_or_null(mean),
                                    .rstd = rstd.data(),
                                    .weight = data_or_null(w),
                                    .bias = data_or_null(b),
                                    .relu = relu,
                                    .x_grad = out[0].data(),
                                    .weight_grad = affine ? out[1].data() : nullptr,
                                    .bias_grad = affine ? out[2].data() : nullptr});
    return out;
  }

  /// Let h = (x - m) r be the normalised input, M the mean over the elements of a statistic, and P the symmetric map
  /// P(v) = v - M(v) - h M(v h); without centering there are no m and no M(v). Forward gives r P(weight * grad),
  /// sum(grad * h) and sum(grad). These are the gradients of the inner product of that with (u, p, q). They reach x
  /// through h, whose gradient is `dh`, and through r. A ReLU sets grad to zero where it is not active, which no
  /// derivative changes.
  Grads<6> backward(const Context& ctx, std::span<const Tensor> grads) const {
    const Shape shape = ctx.saved(1).shape(), view = frame.view();
    const Dims dims = frame.statistic_dims();
    const auto mean_of = [&](const Tensor& v) { return mean(v, dims, true); };
    const auto centered = [&](const Tensor& v) { return frame.centered ? v - mean_of(v) : v; };
    const Tensor x = reshape(ctx.saved(1), view), weight = ctx.saved(2), bias = ctx.saved(3);
    // The statistics that forward was given are constants. They bring x near to h, so that its squares are in range.
    const Tensor scale = frame.of_statistics(ctx.saved(5));
    const Tensor z = (frame.centered ? x - frame.of_statistics(ctx.saved(4)) : x) * scale, d = centered(z);
    const Tensor s = rsqrt(mean_of(square(d)) + scale * frame.eps * scale), h = d * s, r = scale * s;
    const Tensor w = weight.defined() ? frame.broadcastable(weight) : weight;
    Tensor blocked;
    if (relu) {
      const Tensor y = w.defined() ? h * w : h;
      blocked = (bias.defined() ? y + frame.broadcastable(bias) : y) <= 0;
    }
    const auto passed = [&](const Tensor& v) { return relu ? masked_fill(v, blocked, 0) : v; };
    const Tensor grad = passed(reshape(ctx.saved(0), view));
    const auto project = [&](const Tensor& v) { return centered(v) - h * mean_of(v * h); };
    const auto plus = [](const Tensor& a, const Tensor& b) { return a.defined() ? a + b : b; };

    Tensor grad_grad, weight_grad, dh, through_r;
    if (grads[0].defined()) {
      const Tensor u = reshape(grads[0], view), v = r * project(u);
      const Tensor g = w.defined() ? w * grad : grad;
      grad_grad = w.defined() ? w * v : v;
      if (ctx.needs_grad(2)) weight_grad = frame.sum_to_parameters(grad * v);
      dh = -r * (u * mean_of(g * h) + g * mean_of(u * h));
      through_r = r * (r * mean_of(u * project(g))) * h;
    }
    if (affine && grads[1].defined()) {
      const Tensor p = frame.broadcastable(grads[1]);
      grad_grad = plus(grad_grad, p * h);
      dh = plus(dh, p * grad);
    }
    if (affine && grads[2].defined()) {
      grad_grad = plus(grad_grad, expand(frame.broadcastable(grads[2]), view));
    }
    Tensor x_grad;
    if (dh.defined()) x_grad = r * project(dh);
    if (through_r.defined()) x_grad = x_grad - through_r;
    const auto shaped = [&](const Tensor& t) { return t.defined() ? reshape(t, shape) : t; };
    if (grad_grad.defined()) grad_grad = passed(grad_grad);
    return {shaped(grad_grad), shaped(x_grad), weight_grad, Tensor(), Tensor(), Tensor()};
  }
};

/// Normalises by the statistics of x itself. Forward fills them; they are inputs without a gradient of their own, and
/// backward differentiates through them, as functions of x.
struct Normalize {
  static constexpr std::string_view name = "normalize";
  Frame frame;
  bool affine, relu;

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& mean,
                 const Tensor& variance, const Tensor& rstd) const {
    ctx.save(x);
    ctx.save(weight);
    ctx.save(relu ? bias : Tensor());
    ctx.save(mean);
    ctx.save(rstd);
    const Tensor w = contiguous_if_defined(weight), b = contiguous_if_defined(bias);
    const Tensor y = empty_like(x);
    kernels::norm_forward[x.device()]({.moments = {.dtype = x.dtype(),
                                                   .layout = frame.layout(x),
                                                   .x = x.data(),
                                                   .eps = frame.eps,
                                                   .mean = mean.defined() ? mean.data() : nullptr,
                                                   .variance = variance.data(),
                                                   .rstd = rstd.data()},
                                       .apply = apply_args(frame, x, w, b, mean, rstd, relu, y)});
    return y;
  }
  Grads<6> backward(const Context& ctx, const Tensor& grad) const {
    const Tensors grads = apply(NormalizeGrad{frame, affine, relu}, grad, ctx.saved(0), ctx.saved(1), ctx.saved(2),
                                ctx.saved(3), ctx.saved(4));
    return {
        grads[0], ctx.needs_grad(1) ? grads[1] : Tensor(), ctx.needs_grad(2) ? grads[2] : Tensor(), Tensor(), Tensor(),
        Tensor()};
  }
};

/// Normalises by given statistics, which are constants.
struct NormalizeBy {
  static constexpr std::string_view name = "normalize_by";
  Frame frame;
  bool relu;

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& mean,
                 const Tensor& rstd) const {
    ctx.save(ctx.needs_grad(1) ? x : Tensor());
    ctx.save(weight);
    ctx.save(mean);
    ctx.save(rstd);
    const Tensor w = contiguous_if_defined(weight), b = contiguous_if_defined(bias);
    const Tensor y = empty_like(x);
    kernels::norm_apply[x.device()](apply_args(frame, x, w, b, mean, rstd, relu, y));
    ctx.save(relu ? y : Tensor());
    return y;
  }
  Grads<5> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor weight = ctx.saved(1), passed = relu ? masked_fill(grad, ctx.saved(4) <= 0, 0) : grad;
    const Tensor g = reshape(passed, frame.view());
    const Tensor mean = frame.broadcastable(ctx.saved(2)), rstd = frame.broadcastable(ctx.saved(3));
    Grads<5> grads;
    if (ctx.needs_grad(0)) {
      const Tensor scale = weight.defined() ? rstd * frame.broadcastable(weight) : rstd;
      grads[0] = reshape(g * scale, grad.shape());
    }
    if (ctx.needs_grad(1)) {
      grads[1] = frame.sum_to_parameters(g * ((reshape(ctx.saved(0), frame.view()) - mean) * rstd));
    }
    if (ctx.needs_grad(2)) grads[2] = frame.sum_to_parameters(g);
    return grads;
  }
};

void check_parameter(std::string_view op, std::string_view what, const Tensor& x, const Tensor& parameter,
                     const Shape& shape) {
  if (!parameter.defined()) return;
  check_same_dtype(op, x, parameter);
  check_same_device(op, x, parameter);
  check<ShapeError>(parameter.shape() == shape, "{}: expected the {} of shape {}, got {}", op, what, shape,
                    parameter.shape());
}

/// Throws if the parameters agree on a number of channels that is not the input's: then the input is the wrong one.
void check_channels(std::string_view op, const Tensor& input, std::initializer_list<const Tensor*> parameters) {
  std::int64_t channels = -1;
  for (const Tensor* p : parameters) {
    if (!p->defined()) continue;
    if (p->dim() != 1 || (channels >= 0 && p->numel() != channels)) return;  // a parameter is wrong
    channels = p->numel();
  }
  check<ShapeError>(channels < 0 || channels == input.size(1), "{}: expected input with {} channels, got shape {}", op,
                    channels, input.shape());
}

/// Normalises x by its own statistics, which it stores in `statistics`.
Tensor normalize(const Frame& frame, const Tensor& x, const Tensor& weight, const Tensor& bias,
                 const Statistics& statistics, bool relu = false) {
  return apply(Normalize{frame, weight.defined() || bias.defined(), relu}, x, weight, bias, statistics.mean,
               statistics.variance, statistics.rstd);
}

/// How many elements a channel of one sample has.
std::int64_t inner_size(const Tensor& x) {
  std::int64_t inner = 1;
  for (int d = 2; d < x.dim(); ++d) inner *= x.shape()[d];
  return inner;
}

Tensor f32_copy(const Tensor& x) { return x.defined() ? x.detach().to(DType::f32) : Tensor(); }

Tensor batch_norm_with(std::string_view op, bool relu, const Tensor& input, const Tensor& running_mean,
                       const Tensor& running_var, const Tensor& weight, const Tensor& bias, bool training,
                       double momentum, double eps) {
  check_defined(op, input);
  check_dtype(op, input, kFloating);
  check_option(op, "momentum", momentum, kZeroToOne);
  check_option(op, "eps", eps, kFiniteAtLeastZero);
  check<ShapeError>(input.dim() >= 2, "{}: expected input [N, C, ...], got shape {}{}", op, input.shape(),
                    input.dim() == 1 ? "; unsqueeze(0) makes a batch of one" : "");
  const std::int64_t channels = input.size(1);
  check_channels(op, input, {&running_mean, &running_var, &weight, &bias});
  check_parameter(op, "running mean", input, running_mean, {channels});
  check_parameter(op, "running variance", input, running_var, {channels});
  check_parameter(op, "weight", input, weight, {channels});
  check_parameter(op, "bias", input, bias, {channels});
  check<ValueError>(running_mean.defined() == running_var.defined(),
                    "{}: expected both running mean and variance or neither, got one", op);
  check<ValueError>(training || running_mean.defined(),
                    "{}: expected running statistics for evaluation, got none; give them, or training = true", op);
  if (is_half(input)) {
    const Tensor mean = f32_copy(running_mean), variance = f32_copy(running_var);
    const auto f = [&](const Tensor& x, const Tensor& w, const Tensor& b) {
      return batch_norm_with(op, relu, x, mean, variance, w, b, training, momentum, eps);
    };
    const Tensor y = in_f32(op, f, input, weight, bias);
    if (training && mean.defined()) no_grad([&] { running_mean.copy_(mean), running_var.copy_(variance); });
    return y;
  }
  const Frame frame{.n = input.size(0),
                    .groups = channels,
                    .depth = 1,
                    .inner = inner_size(input),
                    .over_batch = true,
                    .eps = eps,
                    .parameters = {channels}};
  const std::int64_t count = frame.count();
  check<ShapeError>(!training || count != 1 || channels == 0,
                    "{}: expected more than one value for each channel in training, got shape {}", op, input.shape());
  if (training && running_mean.defined()) {  // checked now: they change at the end, after all that may fail
    check_no_overlap(op, running_mean);
    check_no_overlap(op, running_var);
  }
  const Tensor x = dense_image(input);
  if (!training) {
    const Tensor rstd = no_grad([&] { return rsqrt(running_var + eps); });
    return apply(NormalizeBy{frame, relu}, x, weight, bias, running_mean.detach().contiguous(), rstd.contiguous());
  }
  const Statistics statistics(frame, x);
  const Tensor y = normalize(frame, x, weight, bias, statistics, relu);
  if (running_mean.defined() && count > 0) {
    const NoGradGuard guard;
    const double n = static_cast<double>(count);
    running_mean.mul_(1 - momentum).add_(statistics.mean, momentum);
    running_var.mul_(1 - momentum).add_(statistics.variance, momentum * n / (n - 1));
  }
  return y;
}

/// Normalises over the last dimensions, whose shape is `normalized_shape`.
Tensor normalize_last(std::string_view op, bool centered, const Tensor& input, const Shape& normalized_shape,
                      const Tensor& weight, const Tensor& bias, double eps) {
  check_defined(op, input);
  check_dtype(op, input, kFloating);
  check_option(op, "eps", eps, kFiniteAtLeastZero);
  const int leading = input.dim() - normalized_shape.size();
  bool fits = leading >= 0 && !normalized_shape.empty();
  for (int d = 0; fits && d < normalized_shape.size(); ++d) {
    fits = input.shape()[leading + d] == normalized_shape[d];
  }
  check<ShapeError>(fits, "{}: expected input whose last dimensions are {}, got shape {}", op, normalized_shape,
                    input.shape());
  check_parameter(op, "weight", input, weight, normalized_shape);
  check_parameter(op, "bias", input, bias, normalized_shape);
  if (is_half(input)) {
    const auto f = [&](const Tensor& x, const Tensor& w, const Tensor& b) {
      return normalize_last(op, centered, x, normalized_shape, w, b, eps);
    };
    return in_f32(op, f, input, weight, bias);
  }
  std::int64_t n = 1;
  for (int d = 0; d < leading; ++d) n *= input.shape()[d];
  const Frame frame{.n = n,
                    .groups = 1,
                    .depth = numel(normalized_shape),
                    .inner = 1,
                    .over_batch = false,
                    .eps = eps,
                    .parameters = normalized_shape,
                    .centered = centered};
  const Tensor x = input.contiguous();
  return normalize(frame, x, weight, bias, Statistics(frame, x));
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight,
                  const Tensor& bias, bool training, double momentum, double eps) {
  return batch_norm_with("batch_norm", false, x, running_mean, running_var, weight, bias, training, momentum, eps);
}

Tensor batch_norm_relu(const Tensor& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight,
                       const Tensor& bias, bool training, double momentum, double eps) {
  return batch_norm_with("batch_norm_relu", true, x, running_mean, running_var, weight, bias, training, momentum, eps);
}

Tensor layer_norm(const Tensor& input, const Shape& normalized_shape, const Tensor& weight, const Tensor& bias,
                  double eps) {
  return normalize_last("layer_norm", true, input, normalized_shape, weight, bias, eps);
}

Tensor rms_norm(const Tensor& input, const Shape& normalized_shape, const Tensor& weight, std::optional<double> eps) {
  const bool is_f64 = input.defined() && input.dtype() == DType::f64;
  const double epsilon =
      is_f64 ? std::numeric_limits<double>::epsilon() : static_cast<double>(std::numeric_limits<float>::epsilon());
  return normalize_last("rms_norm", false, input, normalized_shape, weight, {}, eps.value_or(epsilon));
}

Tensor group_norm(const Tensor& input, std::int64_t num_groups, const Tensor& weight, const Tensor& bias, double eps) {
  constexpr std::string_view op = "group_norm";
  check_defined(op, input);
  check_dtype(op, input, kFloating);
  check<ShapeError>(input.dim() >= 2, "group_norm: expected input [N, C, ...], got shape {}", input.shape());
  check_option(op, "eps", eps, kFiniteAtLeastZero);
  const std::int64_t channels = input.size(1);
  check_channels(op, input, {&weight, &bias});
  check<ValueError>(num_groups > 0 && channels % num_groups == 0,
                    "group_norm: expected a number of channels that {} groups divide, got {}", num_groups, channels);
  check_parameter(op, "weight", input, weight, {channels});
  check_parameter(op, "bias", input, bias, {channels});
  if (is_half(input)) {
    const auto f = [&](const Tensor& x, const Tensor& w, const Tensor& b) {
      return group_norm(x, num_groups, w, b, eps);
    };
    return in_f32(op, f, input, weight, bias);
  }
  const Frame frame{.n = input.size(0),
                    .groups = num_groups,
                    .depth = channels / num_groups,
                    .inner = inner_size(input),
                    .over_batch = false,
                    .eps = eps,
                    .parameters = {channels}};
  const Tensor x = dense_image(input);
  return normalize(frame, x, weight, bias, Statistics(frame, x));
}

}  // namespace reel
