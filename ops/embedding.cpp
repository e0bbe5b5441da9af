#include <reel/autograd/tape/op.h>
#include <reel/kernels/embedding.h>
#include <reel/kernels/range_check.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/ops.h>

namespace reel {
namespace {

Tensor embedding_grad(const Tensor& grad, const Tensor& index, std::int64_t rows, std::int64_t padding);

/// The rows of a table at the positions of a row-major index; zeros where the index is `zeroed`. The gradient skips the
/// positions that are `padding`.
struct Embedding {
  static constexpr std::string_view name = "embedding";
  std::int64_t rows, padding, zeroed;

  Tensor forward(Context& ctx, const Tensor& weight, const Tensor& index) const {
    ctx.save(index);
    const Tensor table = weight.contiguous();
    Shape shape = index.shape();
    shape.push_back(table.shape()[1]);
    const Tensor out = empty(shape, {.dtype = table.dtype(), .device = table.device()});
    kernels::embedding[out.device()]({table.dtype(), index.data_ptr<std::int64_t>(), index.numel(), rows,
                                      table.shape()[1], zeroed, table.data(), out.data()});
    return out;
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {embedding_grad(grad, ctx.saved(0), rows, padding)};
  }
};

/// The transpose: adds each position's gradient to its row, but for the padding.
struct EmbeddingGrad {
  static constexpr std::string_view name = "embedding_grad";
  std::int64_t rows, padding;

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& index) const {
    ctx.save(index);
    const Tensor g = grad.contiguous();
    const std::int64_t width = g.shape().back();
    const Tensor out = empty({rows, width}, {.dtype = g.dtype(), .device = g.device()});
    kernels::embedding_grad[out.device()](
        {g.dtype(), index.data_ptr<std::int64_t>(), index.numel(), rows, width, padding, g.data(), out.data()});
    return out;
  }
  Grads<2> backward(const Context& ctx, const Tensor& upper) const {
    return {apply(Embedding{rows, padding, padding}, upper, ctx.saved(0))};
  }
};

Tensor embedding_grad(const Tensor& grad, const Tensor& index, std::int64_t rows, std::int64_t padding) {
  return apply(EmbeddingGrad{rows, padding}, grad, index);
}

}  // namespace

Tensor embedding(const Tensor& index, const Tensor& weight, std::optional<std::int64_t> padding_idx) {
  check_dtype("embedding", weight, kFloating);
  check_rank("embedding", "the weight", weight, 2);
  check<DTypeError>(index.dtype() == DType::i64, "embedding: the index must be i64, got {}; convert it with to()",
                    index.dtype());
  check_same_device("embedding", index, weight);
  const std::int64_t rows = weight.shape()[0];
  const std::int64_t given = padding_idx.value_or(0), padding = given < 0 ? given + rows : given;
  check<IndexError>(!padding_idx || (padding >= 0 && padding < rows),
                    "embedding: padding_idx {} is out of range for {} rows", given, rows);
  const Tensor positions = index.contiguous();
  const kernels::RangeCheck range{"embedding", kernels::RangeCheck::Kind::row, rows};
  kernels::range_check[index.device()]({range, DType::i64, positions.data(), positions.numel(), 0, rows - 1});
  return apply(Embedding{rows, padding_idx ? padding : -1, -1}, weight, positions);
}

}  // namespace reel
