// A dimension cut into views, as one operation, so that the gradients of all pieces go into one tensor: split, chunk.

#include <reel/autograd/tape/op.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

struct Split {
  static constexpr std::string_view name = "split";
  int dim;
  std::vector<std::int64_t> sizes;

  Tensors forward(Context&, const Tensor& x) const {
    Tensors pieces;
    std::int64_t start = 0;
    for (const std::int64_t size : sizes) {
      pieces.push_back(x.detach().narrow(dim, start, size));
      start += size;
    }
    return pieces;
  }
  Grads<1> backward(const Context& ctx, std::span<const Tensor> grads) const {
    Tensors pieces(grads.begin(), grads.end());
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const TensorMeta& piece = ctx.output(i);
      if (!pieces[i].defined()) pieces[i] = zeros(piece.shape, {.dtype = piece.dtype, .device = piece.device});
    }
    return {cat(pieces, dim)};
  }
};

}  // namespace

Tensors split(const Tensor& x, const std::vector<std::int64_t>& sizes, std::int64_t dim) {
  check_defined("split", x);
  check<ShapeError>(x.dim() > 0, "split: expected a tensor of rank 1 or more, got rank 0");
  const int d = wrap_dim("split", dim, x.dim());
  std::int64_t left = x.shape()[d];
  for (std::int64_t size : sizes) {
    check<ShapeError>(size >= 0 && size <= left,
                      "split: expected sizes that add up to dimension {} of shape {}, got others", dim, x.shape());
    left -= size;
  }
  check<ShapeError>(left == 0, "split: expected sizes that add up to dimension {} of shape {}, got others", dim,
                    x.shape());
  return sizes.empty() ? Tensors() : apply(Split{d, sizes}, x);
}

Tensors split(const Tensor& x, std::int64_t size, std::int64_t dim) {
  check_defined("split", x);
  check<ShapeError>(x.dim() > 0, "split: expected a tensor of rank 1 or more, got rank 0");
  const std::int64_t total = x.shape()[wrap_dim("split", dim, x.dim())];
  check<ValueError>(size > 0 || (size == 0 && total == 0), "split: expected a size of at least 1, got {}", size);
  std::vector<std::int64_t> sizes;
  for (std::int64_t left = total; left > 0; left -= size) sizes.push_back(std::min(size, left));
  if (total == 0) sizes.push_back(0);
  return split(x, sizes, dim);
}

Tensors chunk(const Tensor& x, std::int64_t chunks, std::int64_t dim) {
  check_defined("chunk", x);
  check<ShapeError>(x.dim() > 0, "chunk: expected a tensor of rank 1 or more, got rank 0");
  check<ValueError>(chunks > 0, "chunk: expected at least 1 piece, got {}", chunks);
  const std::int64_t total = x.shape()[wrap_dim("chunk", dim, x.dim())];
  if (total == 0) return split(x, std::vector<std::int64_t>(static_cast<std::size_t>(chunks), 0), dim);
  return split(x, (total - 1) / chunks + 1, dim);
}

}  // namespace reel
