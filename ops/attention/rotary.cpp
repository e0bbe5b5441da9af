// Rotary position embedding.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/rotary.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/rotary.h>

namespace reel {
using namespace detail;
namespace {

/// x as the kernel takes it: with contiguous rows, and with its dimensions before the last two in at most two.
Tensor with_contiguous_rows(const Tensor& x) {
  return x.dim() <= 4 && x.strides()[x.dim() - 1] == 1 ? x : x.contiguous();
}

/// A rotation of each row. Its gradient is the rotation back.
struct RotaryEmbedding {
  static constexpr std::string_view name = "rotary_embedding";
  bool interleaved, inverse;

  Tensor forward(Context& ctx, const Tensor& input, const Tensor& cosines, const Tensor& sines) const {
    ctx.save(cosines);
    ctx.save(sines);
    const Tensor x = with_contiguous_rows(input), cos = cosines.contiguous(), sin = sines.contiguous();
    const Tensor out = empty(x.shape(), x.options());
    const int rank = x.dim();
    const Shape& shape = x.shape();
    const Strides& strides = x.strides();
    const std::int64_t length = shape[rank - 2], width = shape[rank - 1];
    std::int64_t heads = 1;
    for (int d = 1; d < rank - 2; ++d) heads *= shape[d];
    kernels::rotary[x.device()]({.dtype = x.dtype(),
                                 .x = x.data(),
                                 .cos = cos.data(),
                                 .sin = sin.data(),
                                 .out = out.data(),
                                 .batch = rank > 2 ? shape[0] : 1,
                                 .heads = heads,
                                 .length = length,
                                 .width = width,
                                 .batch_stride = rank > 2 ? strides[0] : 0,
                                 .head_stride = rank == 4 ? strides[1] : length * width,
                                 .row_stride = strides[rank - 2],
                                 .half = cos.shape()[cos.dim() - 1],
                                 .table_stride = cos.dim() == 3 ? cos.strides()[0] : 0,
                                 .interleaved = interleaved,
                                 .inverse = inverse});
    return out;
  }
  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(RotaryEmbedding{interleaved, !inverse}, grad, ctx.saved(0), ctx.saved(1)), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor rotary_embedding(const Tensor& x, const Tensor& cos, const Tensor& sin, bool interleaved) {
  constexpr std::string_view op = RotaryEmbedding::name;
  check_dtype(op, x, kFloating);
  check_defined(op, cos, "the cosines");
  check_defined(op, sin, "the sines");
  for (const Tensor* table : {&cos, &sin}) {
    check_same_dtype(op, x, *table);
    check_same_device(op, x, *table);
    check<ValueError>(!table->requires_grad(),
                      "rotary_embedding: expected cosines and sines that need no gradient; detach() them");
  }
  const int rank = x.dim();
  check<ShapeError>(rank >= 2, "rotary_embedding: expected input [..., length, width], got shape {}", x.shape());
  check<ShapeError>(cos.shape() == sin.shape(),
                    "rotary_embedding: expected cosines and sines of one shape, got {} and {}", cos.shape(),
                    sin.shape());
  const Shape& table = cos.shape();
  const bool batched = table.size() == 3 && rank > 2 && table[0] == x.shape()[0];
  const bool fits = (table.size() == 2 || batched) && cos.size(-2) == x.size(-2) && 2 * cos.size(-1) <= x.size(-1);
  check<ShapeError>(
      fits,
      "rotary_embedding: expected cosines and sines [L, R / 2] or [N, L, R / 2] with R at most E for input "
      "[N, ..., L, E] of shape {}, got {}",
      x.shape(), table);
  return apply(RotaryEmbedding{interleaved, false}, x, cos, sin);
}

}  // namespace reel
