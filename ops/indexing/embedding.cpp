// Rows of a table looked up by index, and their gradient.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/embedding.h>
#include <reel/kernels/range_check.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/embedding.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/normalization.h>

namespace reel {
using namespace detail;
namespace {

Tensor embedding_grad(const Tensor& grad, const Tensor& index, std::int64_t rows, std::int64_t padding);

/// The rows of a table at the positions of a row-major index, and zeros where the position is `zeroed`. The gradient
/// leaves out the positions that are `padding`.
struct Embedding {
  static constexpr std::string_view name = "embedding";
  std::int64_t rows, padding, zeroed;

  Tensor forward(Context& ctx, const Tensor& weight, const Tensor& index) const {
    ctx.save(index);
    const Tensor table = weight.contiguous();
    Shape shape = index.shape();
    shape.push_back(table.shape()[1]);
    const Tensor out = empty(shape, table.options());
    kernels::embedding[out.device()]({.dtype = table.dtype(),
                                      .index = index.data_ptr<std::int64_t>(),
                                      .count = index.numel(),
                                      .rows = rows,
                                      .width = table.shape()[1],
                                      .padding = zeroed,
                                      .from = table.data(),
                                      .to = out.data()});
    return out;
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {embedding_grad(grad, ctx.saved(0), rows, padding)};
  }
};

/// The transpose: adds the gradient of each position to its row, except at the padding.
struct EmbeddingGrad {
  static constexpr std::string_view name = "embedding_grad";
  std::int64_t rows, padding;

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& index) const {
    ctx.save(index);
    const Tensor g = (is_half(grad) ? grad.to(DType::f32) : grad).contiguous();
    const std::int64_t width = g.shape().back();
    const Tensor out = empty({rows, width}, g.options());
    kernels::embedding_grad[out.device()]({.dtype = g.dtype(),
                                           .index = index.data_ptr<std::int64_t>(),
                                           .count = index.numel(),
                                           .rows = rows,
                                           .width = width,
                                           .padding = padding,
                                           .from = g.data(),
                                           .to = out.data()});
    return is_half(grad) ? out.to(grad.dtype()) : out;
  }
  Grads<2> backward(const Context& ctx, const Tensor& upstream) const {
    return {apply(Embedding{.rows = rows, .padding = padding, .zeroed = padding}, upstream, ctx.saved(0))};
  }
};

Tensor embedding_grad(const Tensor& grad, const Tensor& index, std::int64_t rows, std::int64_t padding) {
  return apply(EmbeddingGrad{rows, padding}, grad, index);
}

}  // namespace

Tensor embedding(const Tensor& index, const Tensor& weight, std::optional<std::int64_t> padding_idx) {
  return embedding(index, weight, EmbeddingOptions{.padding_idx = padding_idx});
}

Tensor embedding(const Tensor& index, const Tensor& weight, const EmbeddingOptions& options) {
  check_defined("embedding", index, "the index");
  check_defined("embedding", weight, "the weight");
  check_dtype("embedding", weight, kFloating);
  check_rank("embedding", "the weight", weight, 2);
  check_same_device("embedding", index, weight);
  const std::int64_t rows = weight.shape()[0];
  const std::int64_t given = options.padding_idx.value_or(0), padding = given < 0 ? given + rows : given;
  check<IndexError>(!options.padding_idx || (padding >= 0 && padding < rows),
                    "embedding: padding_idx {} is out of range for {} rows", given, rows);
  check_norm_limit("embedding", options.max_norm, options.norm_type);
  const Tensor positions = as_i64("embedding", "an index", index).contiguous();
  kernels::range_check[index.device()](
      {.check = {.op = "embedding", .kind = kernels::RangeCheck::Kind::row, .size = rows},
       .dtype = DType::i64,
       .data = positions.data(),
       .n = positions.numel(),
       .low = 0,
       .high = rows - 1});
  if (options.max_norm) limit_norms(weight, positions, *options.max_norm, options.norm_type);
  const Tensor out =
      apply(Embedding{.rows = rows, .padding = options.padding_idx ? padding : -1, .zeroed = -1}, weight, positions);
  return options.scale_grad_by_freq ? divide_gradients_by_count(out, positions, positions, rows) : out;
}

}  // namespace reel
