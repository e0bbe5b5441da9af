// Initial values for parameters.

#include <reel/nn/init.h>

#include <cmath>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/internal/random.h>
#include <reel/tensor/core/option.h>

namespace reel::nn::init {
using namespace reel::detail;
namespace {

Tensor draw_normal(std::string_view op, const Tensor& t, double mean, double std, Generator& generator) {
  const NoGradGuard guard;
  reel::detail::fill_normal(op, t, mean, std, generator);
  return t;
}

/// Uniform numbers in [-bound, bound) have standard deviation bound / sqrt(3).
Tensor fill_uniform_std(std::string_view op, const Tensor& t, double std, Generator& generator) {
  const NoGradGuard guard;
  reel::detail::fill_uniform(op, t, -std::sqrt(3.0) * std, std::sqrt(3.0) * std, generator);
  return t;
}

double xavier_std(std::string_view op, const Tensor& t, double gain) {
  check_option(op, "gain", gain, kFiniteAtLeastZero);
  const Fans fans = fan_in_and_fan_out(t);
  return gain * std::sqrt(2.0 / static_cast<double>(fans.in + fans.out));
}

double kaiming_std(std::string_view op, const Tensor& t, const KaimingOptions& options) {
  check_option(op, "a", options.a, kFinite);
  const Fans fans = fan_in_and_fan_out(t);
  const std::int64_t fan = options.mode == FanMode::fan_in ? fans.in : fans.out;
  return calculate_gain(options.nonlinearity, options.a) / std::sqrt(static_cast<double>(fan));
}

}  // namespace

Fans fan_in_and_fan_out(const Tensor& weight) {
  check<ShapeError>(weight.dim() >= 2, "init: expected a weight of rank 2 or more for fan-in and fan-out, got shape {}",
                    weight.shape());
  std::int64_t field = 1;
  for (int d = 2; d < weight.dim(); ++d) field *= weight.size(d);
  // At least 1, so that the numbers of an empty weight stay finite.
  return {std::max<std::int64_t>(weight.size(1) * field, 1), std::max<std::int64_t>(weight.size(0) * field, 1)};
}

double calculate_gain(Nonlinearity nonlinearity, double slope) {
  check_option("calculate_gain", "slope", slope, kFinite);
  switch (nonlinearity) {
    case Nonlinearity::tanh:
      return 5.0 / 3;
    case Nonlinearity::relu:
      return std::sqrt(2.0);
    case Nonlinearity::leaky_relu:
      return std::sqrt(2.0 / (1 + slope * slope));
    case Nonlinearity::selu:
      return 0.75;
    case Nonlinearity::linear:
    case Nonlinearity::sigmoid:
      break;
  }
  return 1;
}

Tensor constant_(const Tensor& t, Scalar value) {
  const NoGradGuard guard;
  return t.fill_(value);
}
Tensor zeros_(const Tensor& t) { return constant_(t, 0); }
Tensor ones_(const Tensor& t) { return constant_(t, 1); }

Tensor uniform_(const Tensor& t, double low, double high, Generator& generator) {
  const NoGradGuard guard;
  return t.uniform_(low, high, generator);
}

Tensor normal_(const Tensor& t, double mean, double std, Generator& generator) {
  const NoGradGuard guard;
  return t.normal_(mean, std, generator);
}

Tensor xavier_uniform_(const Tensor& t, double gain, Generator& generator) {
  return fill_uniform_std("xavier_uniform_", t, xavier_std("xavier_uniform_", t, gain), generator);
}

Tensor xavier_normal_(const Tensor& t, double gain, Generator& generator) {
  return draw_normal("xavier_normal_", t, 0, xavier_std("xavier_normal_", t, gain), generator);
}

Tensor lecun_normal_(const Tensor& t, Generator& generator) {
  return draw_normal("lecun_normal_", t, 0, 1 / std::sqrt(static_cast<double>(fan_in_and_fan_out(t).in)), generator);
}

Tensor kaiming_uniform_(const Tensor& t, const KaimingOptions& options, Generator& generator) {
  return fill_uniform_std("kaiming_uniform_", t, kaiming_std("kaiming_uniform_", t, options), generator);
}

Tensor kaiming_normal_(const Tensor& t, const KaimingOptions& options, Generator& generator) {
  return draw_normal("kaiming_normal_", t, 0, kaiming_std("kaiming_normal_", t, options), generator);
}

}  // namespace reel::nn::init
