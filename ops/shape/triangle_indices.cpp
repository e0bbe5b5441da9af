// Where the elements of a triangle are: tril_indices, triu_indices.

#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// The positions of what `triangle` keeps, [2, count].
Tensor positions(std::string_view op, std::int64_t rows, std::int64_t cols, std::int64_t offset,
                 const TensorOptions& options, Tensor (*triangle)(const Tensor&, std::int64_t)) {
  check_at_least(op, "rows", rows, 0);
  check_at_least(op, "cols", cols, 0);
  const Tensor all = ones({rows, cols}, {.dtype = DType::boolean, .device = options.device});
  const Tensor out = nonzero(triangle(all, offset)).t().contiguous().to(options.dtype);
  return options.requires_grad ? out.requires_grad_() : out;
}

}  // namespace

Tensor tril_indices(std::int64_t rows, std::int64_t cols, std::int64_t offset, const TensorOptions& options) {
  return positions("tril_indices", rows, cols, offset, options, tril);
}

Tensor triu_indices(std::int64_t rows, std::int64_t cols, std::int64_t offset, const TensorOptions& options) {
  return positions("triu_indices", rows, cols, offset, options, triu);
}

}  // namespace reel
