// Normalisation of each channel of each sample: group norm with groups of one channel.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/normalization.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;
namespace {

constexpr std::string_view kName = "instance_norm";

void check_parameter(std::string_view what, const Tensor& x, const Tensor& parameter) {
  if (!parameter.defined()) return;
  check_same_dtype(kName, x, parameter);
  check_same_device(kName, x, parameter);
  check<ShapeError>(parameter.shape() == Shape{x.shape()[1]}, "{}: expected the {} of shape [{}], got {}", kName, what,
                    x.shape()[1], parameter.shape());
}

/// Folds the mean over the batch of the samples' means and variances into the running ones.
void update(const Tensor& x, const Tensor& running_mean, const Tensor& running_var, double momentum) {
  const NoGradGuard guard;
  Dims inner;
  for (int d = 2; d < x.dim(); ++d) inner.push_back(d);
  const Tensor mean_of_means = mean(mean(x, inner), {0}), mean_of_variances = mean(var(x, inner), {0});
  running_mean.mul_(1 - momentum).add_(mean_of_means, momentum);
  running_var.mul_(1 - momentum).add_(mean_of_variances, momentum);
}

}  // namespace

Tensor instance_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight,
                     const Tensor& bias, bool use_input_stats, double momentum, double eps) {
  check_dtype(kName, x, kFloating);
  check<ShapeError>(x.dim() >= 3, "{}: expected an input [N, C, ...] of rank 3 or more, got shape {}", kName,
                    x.shape());
  check_option(kName, "momentum", momentum, kZeroToOne);
  check_option(kName, "eps", eps, kFiniteAtLeastZero);
  check_parameter("running mean", x, running_mean);
  check_parameter("running variance", x, running_var);
  check_parameter("weight", x, weight);
  check_parameter("bias", x, bias);
  check<ValueError>(running_mean.defined() == running_var.defined(),
                    "{}: expected both running mean and variance or neither, got one", kName);
  if (!use_input_stats) {
    check<ValueError>(running_mean.defined(), "{}: expected running statistics without use_input_stats, got none",
                      kName);
    return batch_norm(x, running_mean, running_var, weight, bias, false, momentum, eps);
  }
  const std::int64_t channels = x.shape()[1], planes = x.shape()[0] * channels;
  check<ShapeError>(planes == 0 || x.numel() != planes,
                    "{}: expected more than one element in each channel, got shape {}", kName, x.shape());
  if (channels == 0) return x.clone();
  const Tensor y = group_norm(x, channels, weight, bias, eps);
  if (running_mean.defined() && x.numel() > 0) update(x, running_mean, running_var, momentum);
  return y;
}

}  // namespace reel
