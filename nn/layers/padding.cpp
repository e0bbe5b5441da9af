// Padding layers.

#include <reel/nn/layers/padding.h>

#include <reel/nn/text.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>

namespace reel::nn {

template <class Derived, int axes, PadMode mode>
PaddingLayer<Derived, axes, mode>::PaddingLayer(const std::vector<std::int64_t>& amounts)
    : PaddingLayer(amounts, 0, false) {}

template <class Derived, int axes, PadMode mode>
PaddingLayer<Derived, axes, mode>::PaddingLayer(const std::vector<std::int64_t>& amounts, double value,
                                                bool prints_value)
    : amounts_(amounts), value_(value) {
  check<ValueError>(amounts.size() == std::size_t{2} * axes, "{}: expected {} amounts, got {}", this->type_name(),
                    2 * axes, amounts.size());
  const std::string text = text::tuple(Dims(amounts));
  this->set_extra_text(prints_value ? fmt::format("padding={}, value={}", text, text::of(value)) : text);
}

template <class Derived, int axes, PadMode mode>
Tensor PaddingLayer<Derived, axes, mode>::forward(const Tensor& x) const {
  reel::detail::check_defined(this->type_name(), x);
  check<ShapeError>(x.dim() == axes + 1 || x.dim() == axes + 2, "{}: expected an input of rank {} or {}, got shape {}",
                    this->type_name(), axes + 1, axes + 2, x.shape());
  return pad(x, amounts_, mode, value_);
}

template class PaddingLayer<ReflectionPad1d, 1, PadMode::reflect>;
template class PaddingLayer<ReflectionPad2d, 2, PadMode::reflect>;
template class PaddingLayer<ReflectionPad3d, 3, PadMode::reflect>;
template class PaddingLayer<ReplicationPad1d, 1, PadMode::replicate>;
template class PaddingLayer<ReplicationPad2d, 2, PadMode::replicate>;
template class PaddingLayer<ReplicationPad3d, 3, PadMode::replicate>;
template class PaddingLayer<CircularPad1d, 1, PadMode::circular>;
template class PaddingLayer<CircularPad2d, 2, PadMode::circular>;
template class PaddingLayer<CircularPad3d, 3, PadMode::circular>;
template class PaddingLayer<ZeroPad1d, 1, PadMode::constant>;
template class PaddingLayer<ZeroPad2d, 2, PadMode::constant>;
template class PaddingLayer<ZeroPad3d, 3, PadMode::constant>;
template class PaddingLayer<ConstantPad1d, 1, PadMode::constant>;
template class PaddingLayer<ConstantPad2d, 2, PadMode::constant>;
template class PaddingLayer<ConstantPad3d, 3, PadMode::constant>;

}  // namespace reel::nn
