// The triangular parts of matrices: tril, triu.

#include <reel/kernels/triangle.h>

#include <reel/autograd/tape/op.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>

namespace reel {
using namespace detail;
namespace {

template <bool Upper> struct Triangle {
  static constexpr std::string_view name = Upper ? "triu" : "tril";
  std::int64_t diagonal;

  Tensor forward(Context&, const Tensor& x) const {
    const Tensor matrices = x.contiguous();
    const Tensor out = empty(x.shape(), x.options());
    if (out.numel() == 0) return out;
    const std::int64_t rows = x.size(-2), columns = x.size(-1);
    kernels::triangle[x.device()](
        {.dtype = x.dtype(),
         .upper = Upper,
         .batch = x.numel() / (rows * columns),
         .rows = rows,
         .columns = columns,
         .diagonal = std::clamp(diagonal, -rows, columns),  // so far are all elements on one side
         .x = matrices.data(),
         .out = out.data()});
    return out;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {apply(Triangle{diagonal}, grad)}; }
};

template <bool Upper> Tensor triangle(const Tensor& x, std::int64_t diagonal) {
  check_defined(Triangle<Upper>::name, x);
  check<ShapeError>(x.dim() >= 2, "{}: expected at least 2 dimensions, got shape {}", Triangle<Upper>::name, x.shape());
  return apply(Triangle<Upper>{diagonal}, x);
}

}  // namespace

Tensor tril(const Tensor& x, std::int64_t diagonal) { return triangle<false>(x, diagonal); }
Tensor triu(const Tensor& x, std::int64_t diagonal) { return triangle<true>(x, diagonal); }

}  // namespace reel
