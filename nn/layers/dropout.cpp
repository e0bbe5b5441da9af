// Dropout layers.

#include <reel/nn/layers/dropout.h>

#include <reel/nn/text.h>
#include <reel/ops/factories.h>
#include <reel/ops/normalization.h>
#include <reel/tensor/core/option.h>

namespace reel::nn {
namespace {

double checked_probability(std::string_view layer, double p) {
  reel::detail::check_option(layer, "p", p, reel::detail::kZeroToOne);
  return p;
}

std::string probability_text(double p) { return "p=" + text::of(p) + ", inplace=False"; }

}  // namespace

Dropout::Dropout(double p) : p_(checked_probability("Dropout", p)) { set_extra_text(probability_text(p)); }
Tensor Dropout::forward(const Tensor& x) const { return dropout(x, p_, is_training()); }

Dropout2d::Dropout2d(double p) : p_(checked_probability("Dropout2d", p)) { set_extra_text(probability_text(p)); }
Tensor Dropout2d::forward(const Tensor& x) const { return dropout2d(x, p_, is_training()); }

Dropout3d::Dropout3d(double p) : p_(checked_probability("Dropout3d", p)) { set_extra_text(probability_text(p)); }
Tensor Dropout3d::forward(const Tensor& x) const { return dropout3d(x, p_, is_training()); }

}  // namespace reel::nn
