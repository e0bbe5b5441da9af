// Products of many matrices: linalg::matrix_power, linalg::multi_dot.

#include <limits>

#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/linalg.h>
#include <reel/ops/linear_algebra.h>

namespace reel::linalg {
using namespace reel::detail;
namespace {

/// Where the product of matrices i..j is cut first so that it takes the fewest multiplications (Cormen et al.,
/// "Introduction to Algorithms", matrix-chain order). Matrix i is sizes[i] x sizes[i + 1].
std::vector<std::vector<std::size_t>> best_cuts(const std::vector<double>& sizes) {
  const std::size_t count = sizes.size() - 1;
  std::vector<std::vector<double>> cost(count, std::vector<double>(count, 0));
  std::vector<std::vector<std::size_t>> cut(count, std::vector<std::size_t>(count, 0));
  for (std::size_t length = 2; length <= count; ++length) {
    for (std::size_t i = 0; i + length <= count; ++i) {
      const std::size_t j = i + length - 1;
      cost[i][j] = std::numeric_limits<double>::infinity();
      for (std::size_t k = i; k < j; ++k) {
        const double c = cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1];
        if (c < cost[i][j]) cost[i][j] = c, cut[i][j] = k;
      }
    }
  }
  return cut;
}

/// The product of matrices i..j.
Tensor product(const Tensors& matrices, const std::vector<std::vector<std::size_t>>& cuts, std::size_t i,
               std::size_t j) {
  if (i == j) return matrices[i];
  const std::size_t k = cuts[i][j];
  return mm(product(matrices, cuts, i, k), product(matrices, cuts, k + 1, j));
}

}  // namespace

Tensor matrix_power(const Tensor& a, std::int64_t n) {
  check_square("linalg.matrix_power", a);
  if (n == 0) return expand(eye(a.size(-1), a.size(-1), a.options()), a.shape()).contiguous();
  if (n == 1) return a.clone();
  Tensor square = n < 0 ? inv(a) : a, result;
  // -(n + 1) + 1 without overflow for the smallest number.
  std::uint64_t rest = n < 0 ? ~static_cast<std::uint64_t>(n) + 1 : static_cast<std::uint64_t>(n);
  for (; rest > 0; rest >>= 1) {
    if (rest & 1) result = result.defined() ? matmul(result, square) : square;
    if (rest > 1) square = matmul(square, square);
  }
  return result;
}

Tensor multi_dot(const Tensors& matrices) {
  constexpr std::string_view op = "linalg.multi_dot";
  const std::size_t count = matrices.size();
  check<ValueError>(count >= 2, "{}: expected at least 2 matrices, got {}", op, count);
  for (const Tensor& m : matrices) check_dtype(op, m, kWideFloating);
  const bool row = matrices.front().dim() == 1, column = matrices.back().dim() == 1;
  Tensors factors = matrices;
  if (row) factors.front() = unsqueeze(factors.front(), 0);
  if (column) factors.back() = unsqueeze(factors.back(), 1);
  std::vector<double> sizes;
  for (std::size_t i = 0; i < count; ++i) {
    const Tensor& m = factors[i];
    check<ShapeError>(m.dim() == 2, "{}: expected matrices, or vectors at the ends, got shape {} as number {}", op,
                      matrices[i].shape(), i);
    const std::size_t before = i == 0 ? 0 : i - 1;
    check<ShapeError>(i == 0 || m.size(0) == factors[before].size(1),
                      "{}: expected equal inner dimensions, got {} @ {} at number {}", op, matrices[before].shape(),
                      matrices[i].shape(), i);
    check_same_dtype(op, factors.front(), m);
    check_same_device(op, factors.front(), m);
    sizes.push_back(static_cast<double>(m.size(0)));
  }
  sizes.push_back(static_cast<double>(factors.back().size(1)));
  Tensor result = product(factors, best_cuts(sizes), 0, count - 1);
  if (column) result = squeeze(result, 1);
  return row ? squeeze(result, 0) : result;
}

}  // namespace reel::linalg
