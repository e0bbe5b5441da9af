// Norms: linalg::vector_norm, linalg::matrix_norm.

#include <cmath>

#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/linalg.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>

namespace reel::linalg {
using namespace reel::detail;
namespace {

constexpr std::string_view kName = "linalg.matrix_norm";

/// The two dimensions, counted from the front.
Dims matrix_dims(const Tensor& x, const Dims& dims) {
  check_matrices(kName, x);
  check<ShapeError>(dims.size() == 2, "{}: expected two dimensions, got {}", kName, dims);
  const int rows = wrap_dim(kName, dims[0], x.dim()), columns = wrap_dim(kName, dims[1], x.dim());
  check<ShapeError>(rows != columns, "{}: expected two different dimensions, got {}", kName, dims);
  return {rows, columns};
}

/// `reduce` of the singular values.
template <class Reduce> Tensor spectral(const Tensor& x, const Dims& dims, bool keepdim, Reduce&& reduce) {
  const Tensor result = reduce(svdvals(movedim(x, dims, {-2, -1})));
  if (!keepdim) return result;
  return unsqueeze(unsqueeze(result, std::min(dims[0], dims[1])), std::max(dims[0], dims[1]));
}

void check_any(const Tensor& x, std::int64_t count) {
  check<ValueError>(count > 0, "{}: expected at least one element to choose from, got shape {}", kName, x.shape());
}

}  // namespace

Tensor vector_norm(const Tensor& x, double ord, const Dims& dims, bool keepdim) {
  check_dtype("linalg.vector_norm", x, kWideFloating);
  check_option("linalg.vector_norm", "ord", ord, kNotNan);
  return norm(x, ord, dims, keepdim);
}

Tensor matrix_norm(const Tensor& x, MatrixNorm ord, const Dims& dims, bool keepdim) {
  const Dims both = matrix_dims(x, dims);
  if (ord == MatrixNorm::fro) return norm(x, 2, both, keepdim);
  return spectral(x, both, keepdim, [](const Tensor& s) { return sum(s, {-1}); });
}

Tensor matrix_norm(const Tensor& x, double ord, const Dims& dims, bool keepdim) {
  const Dims both = matrix_dims(x, dims);
  const double order = std::fabs(ord);
  check<ValueError>(order == 1 || order == 2 || std::isinf(order),
                    "{}: expected an order of 1, 2 or infinity or a negative of these, got {}", kName, ord);
  const auto extremum = [ord](const Tensor& values, const Dims& over, bool keep) {
    return ord > 0 ? amax(values, over, keep) : amin(values, over, keep);
  };
  if (order == 2) {
    check_any(x, std::min(x.size(both[0]), x.size(both[1])));
    return spectral(x, both, keepdim, [&](const Tensor& s) { return extremum(s, {-1}, false); });
  }
  const std::int64_t summed = order == 1 ? both[0] : both[1], chosen = order == 1 ? both[1] : both[0];
  check_any(x, x.size(chosen));
  const Tensor result = extremum(sum(abs(x), {summed}, true), {chosen}, true);
  return keepdim ? result : squeeze(squeeze(result, std::max(both[0], both[1])), std::min(both[0], both[1]));
}

}  // namespace reel::linalg
