// Limits of the norms of embeddings, and gradients that count a row's occurrences.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/distance.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/embedding.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// x itself, whose gradient is divided by `divisor`.
struct DividedGrad {
  static constexpr std::string_view name = "divided_grad";

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& divisor) const {
    ctx.save(divisor);
    return make_view(x, x.shape(), x.strides(), x.storage_offset());
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {in_f32(
        name, [&](const Tensor& g) { return g / ctx.saved(0).to(g.dtype()); }, grad)};
  }
};

}  // namespace

void detail::limit_norms(const Tensor& weight, const Tensor& positions, double max_norm, double norm_type) {
  if (positions.numel() == 0 || weight.size(1) == 0) return;
  const NoGradGuard guard;
  const Tensor at = reshape(positions, {-1});  // where a position repeats, the same row is written again
  weight.index_put_({at}, renorm(index_select(weight, 0, at), norm_type, 0, max_norm));
}

Tensor detail::divide_gradients_by_count(const Tensor& rows, const Tensor& positions, const Tensor& index,
                                         std::int64_t size) {
  const Tensor all = reshape(index, {-1}), none = zeros({size}, {.dtype = DType::i64, .device = index.device()});
  const Tensor counts = scatter_add(none, 0, all, ones_like(all));
  const Tensor divisor = reshape(index_select(counts, 0, reshape(positions, {-1})), positions.shape());
  return apply(DividedGrad{}, rows, expand(unsqueeze(divisor, -1), rows.shape()));
}

}  // namespace reel
