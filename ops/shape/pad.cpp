// Padding around the last dimensions, with a constant or with elements of the tensor.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/indexing.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// How far a dimension grows (or, if negative, shrinks) at its two ends.
struct Margins {
  Dims before, after;

  Margins(const Tensor& x, const std::vector<std::int64_t>& padding) : before(Dims::filled(x.dim(), 0)), after(before) {
    check<ShapeError>(padding.size() % 2 == 0 && padding.size() <= 2 * static_cast<std::size_t>(x.dim()),
                      "pad: expected a pair of amounts for each of at most {} dimensions, got {} amounts", x.dim(),
                      padding.size());
    for (std::size_t i = 0; i < padding.size(); ++i) {
      (i % 2 ? after : before)[x.dim() - 1 - static_cast<int>(i / 2)] = padding[i];
    }
    for (int d = 0; d < x.dim(); ++d) {
      const std::int64_t size = x.shape()[d];
      std::int64_t whole = 0;
      const bool counts =
          !__builtin_add_overflow(size, before[d], &whole) && !__builtin_add_overflow(whole, after[d], &whole);
      check<ShapeError>(counts, "pad: expected a padding of dimension {} that 64 bits can count, got {} and {}", d,
                        before[d], after[d]);
      check<ShapeError>(before[d] >= -size && after[d] >= -size && whole >= 0,
                        "pad: expected amounts that leave dimension {} of shape {} a size of at least 0, got {} and {}",
                        d, x.shape(), before[d], after[d]);
    }
  }

  Margins negated() const {
    Margins out = *this;
    for (std::int64_t& amount : out.before) amount = -amount;
    for (std::int64_t& amount : out.after) amount = -amount;
    return out;
  }

  /// Without those that shrink.
  Margins growing() const {
    Margins out = *this;
    for (std::int64_t& amount : out.before) amount = std::max<std::int64_t>(amount, 0);
    for (std::int64_t& amount : out.after) amount = std::max<std::int64_t>(amount, 0);
    return out;
  }

  Shape grown(const Shape& shape) const {
    Shape out = shape;
    for (int d = 0; d < shape.size(); ++d) out[d] += before[d] + after[d];
    return out;
  }
};

/// The part that the padded and the original tensor have in common, as a view of x, which is one of them.
Tensor common_part(const Tensor& x, const Dims& before, const Dims& after) {
  Tensor part = x;
  for (int d = 0; d < x.dim(); ++d) {
    const std::int64_t from = std::max<std::int64_t>(before[d], 0), until = std::max<std::int64_t>(after[d], 0);
    part = narrow(part, d, std::min(from, x.shape()[d]), std::max<std::int64_t>(x.shape()[d] - from - until, 0));
  }
  return part;
}

/// The transpose is the same operation with negated amounts.
struct ConstantPad {
  static constexpr std::string_view name = "pad";
  Margins margins;
  Scalar value;

  Tensor forward(Context&, const Tensor& x) const {
    const Shape shape = margins.grown(x.shape());
    const Tensor out = empty_strided(shape, strides_like(shape, x), x.dtype(), x.device());
    out.fill_(value);
    const Margins opposite = margins.negated();
    common_part(out, margins.before, margins.after).copy_(common_part(x.detach(), opposite.before, opposite.after));
    return out;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const {
    return {apply(ConstantPad{margins.negated(), 0}, grad)};
  }
};

/// The source of each position of the padded dimension.
Tensor sources(const Tensor& x, int dim, std::int64_t before, std::int64_t after, PadMode mode) {
  const std::int64_t size = x.shape()[dim], last = size - 1;
  const Tensor at = arange(-before, size + after, 1, {.dtype = DType::i64, .device = x.device()});
  if (mode == PadMode::replicate) return clamp(at, 0, last);
  if (mode == PadMode::circular) return remainder(at, size);
  return last - abs(last - abs(at));
}

}  // namespace

Tensor pad(const Tensor& x, const std::vector<std::int64_t>& padding, PadMode mode, Scalar value) {
  check_defined("pad", x);
  Margins margins(x, padding);
  if (mode == PadMode::constant) {
    check_scalar("pad", value, x.dtype());
    return apply(ConstantPad{margins, value}, x);
  }
  check<ValueError>(value.to<double>() == 0, "pad: expected a value for constant padding alone, got {}", value);
  Tensor out = x;
  if (mode == PadMode::circular) {  // what is cropped does not come back at the opposite end
    const Margins cropped = margins.negated();
    out = common_part(x, cropped.before, cropped.after);
    margins = margins.growing();
  }
  for (int d = 0; d < x.dim(); ++d) {
    const std::int64_t widest = std::max(margins.before[d], margins.after[d]), size = out.shape()[d];
    const std::int64_t limit = mode == PadMode::reflect ? size - 1 : size;
    const bool fits = widest <= 0 || (mode == PadMode::replicate ? size > 0 : widest <= limit);
    check<ShapeError>(fits, "pad: expected a padding that dimension {} of shape {} can fill, got {}", d, out.shape(),
                      widest);
    if (margins.before[d] == 0 && margins.after[d] == 0) continue;
    out = take_slices(out, d, sources(out, d, margins.before[d], margins.after[d], mode));
  }
  return out.impl()->storage == x.impl()->storage ? out.clone() : out;
}

}  // namespace reel
