// Elementwise comparisons: eq, ne, lt, le, gt, ge and their operators.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/elementwise.h>

namespace reel {
using namespace detail;
namespace {

/// F(a, b), or F(b, a) if `swapped`: a > b is b < a.
template <class F> Tensor compare(std::string_view op, const Tensor& a, const Tensor& b, bool swapped = false) {
  const NoGradGuard guard;
  check_same_dtype(op, a, b);
  const auto [x, y] = broadcast(op, a, b);
  return swapped ? elementwise(op, F{}, y, x) : elementwise(op, F{}, x, y);
}

/// Comparison with a number; F says on which side it stands.
template <class F> Tensor compare(std::string_view op, const Tensor& x, Scalar value) {
  check_scalar(op, value, x);
  return elementwise(op, F{{}, value}, x);
}

}  // namespace

using kernels::ScalarLeft;
using kernels::ScalarRight;

Tensor eq(const Tensor& a, const Tensor& b) { return compare<kernels::Equal>("eq", a, b); }
Tensor eq(const Tensor& a, Scalar b) { return compare<ScalarRight<kernels::Equal>>("eq", a, b); }
Tensor ne(const Tensor& a, const Tensor& b) { return compare<kernels::NotEqual>("ne", a, b); }
Tensor ne(const Tensor& a, Scalar b) { return compare<ScalarRight<kernels::NotEqual>>("ne", a, b); }
Tensor lt(const Tensor& a, const Tensor& b) { return compare<kernels::Less>("lt", a, b); }
Tensor lt(const Tensor& a, Scalar b) { return compare<ScalarRight<kernels::Less>>("lt", a, b); }
Tensor le(const Tensor& a, const Tensor& b) { return compare<kernels::LessEqual>("le", a, b); }
Tensor le(const Tensor& a, Scalar b) { return compare<ScalarRight<kernels::LessEqual>>("le", a, b); }
Tensor gt(const Tensor& a, const Tensor& b) { return compare<kernels::Less>("gt", a, b, true); }
Tensor gt(const Tensor& a, Scalar b) { return compare<ScalarLeft<kernels::Less>>("gt", a, b); }
Tensor ge(const Tensor& a, const Tensor& b) { return compare<kernels::LessEqual>("ge", a, b, true); }
Tensor ge(const Tensor& a, Scalar b) { return compare<ScalarLeft<kernels::LessEqual>>("ge", a, b); }

Tensor operator==(const Tensor& a, const Tensor& b) { return eq(a, b); }
Tensor operator==(const Tensor& a, Scalar b) { return eq(a, b); }
Tensor operator!=(const Tensor& a, const Tensor& b) { return ne(a, b); }
Tensor operator!=(const Tensor& a, Scalar b) { return ne(a, b); }
Tensor operator<(const Tensor& a, const Tensor& b) { return lt(a, b); }
Tensor operator<(const Tensor& a, Scalar b) { return lt(a, b); }
Tensor operator<=(const Tensor& a, const Tensor& b) { return le(a, b); }
Tensor operator<=(const Tensor& a, Scalar b) { return le(a, b); }
Tensor operator>(const Tensor& a, const Tensor& b) { return gt(a, b); }
Tensor operator>(const Tensor& a, Scalar b) { return gt(a, b); }
Tensor operator>=(const Tensor& a, const Tensor& b) { return ge(a, b); }
Tensor operator>=(const Tensor& a, Scalar b) { return ge(a, b); }
Tensor operator==(Scalar a, const Tensor& b) { return eq(b, a); }
Tensor operator!=(Scalar a, const Tensor& b) { return ne(b, a); }
Tensor operator<(Scalar a, const Tensor& b) { return gt(b, a); }
Tensor operator<=(Scalar a, const Tensor& b) { return ge(b, a); }
Tensor operator>(Scalar a, const Tensor& b) { return lt(b, a); }
Tensor operator>=(Scalar a, const Tensor& b) { return le(b, a); }

}  // namespace reel
