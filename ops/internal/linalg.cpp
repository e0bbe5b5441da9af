// What the operations of linalg share.

#include <reel/ops/internal/linalg.h>

#include <algorithm>
#include <limits>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/copy.h>
#include <reel/ops/reduction.h>

namespace reel::detail {

Shape with_sizes(Shape batch, std::initializer_list<std::int64_t> sizes) {
  for (const std::int64_t size : sizes) batch.push_back(size);
  return batch;
}

void check_matrices(std::string_view op, const Tensor& x) {
  check_dtype(op, x, kWideFloating);
  check<ShapeError>(x.dim() >= 2, "{}: expected matrices, of rank 2 or more, got shape {}", op, x.shape());
}

void check_square(std::string_view op, const Tensor& x) {
  check_matrices(op, x);
  check<ShapeError>(x.size(-2) == x.size(-1), "{}: expected square matrices, got shape {}", op, x.shape());
}

std::array<Tensor, 2> with_common_batch(std::string_view op, const Tensor& a, const Tensor& b) {
  check_same_dtype(op, a, b);
  check_same_device(op, a, b);
  check_matrices(op, a);
  check_matrices(op, b);
  const Shape batch = broadcast_shapes(op, batch_of(a), batch_of(b));
  const auto expanded = [&](const Tensor& x) {
    const Shape shape = with_sizes(batch, {x.size(-2), x.size(-1)});
    return x.shape() == shape ? x : expand(x, shape);
  };
  return {expanded(a), expanded(b)};
}

Device lapack_device(const Tensor& matrices) {
  return kernels::decomposition_device(matrices.device(), batch_size(matrices),
                                       std::max(matrices.size(-2), matrices.size(-1)));
}

Tensor lapack_copy(const Tensor& x, Device device) {
  const Tensor copy = lapack_result(x, x.shape(), device);
  copy_elements(copy, x);
  return copy;
}

Tensor lapack_result(const Tensor& like, const Shape& shape, Device device) {
  return empty(shape, {.dtype = like.dtype(), .device = device});
}

std::optional<LapackInfo::Failure> LapackInfo::failure() const {
  for (std::size_t i = 0; i < info_.size(); ++i) {
    if (info_[i] == 0) continue;
    Shape index = batch_;
    std::int64_t rest = static_cast<std::int64_t>(i);
    for (int d = batch_.size() - 1; d >= 0; --d) {
      index[d] = rest % batch_[d];
      rest /= batch_[d];
    }
    return Failure{info_[i], batch_.empty() ? "" : fmt::format(" at index {} of the batch", index)};
  }
  return std::nullopt;
}

void LapackInfo::check_converged(std::string_view op) const {
  const auto failed = failure();
  if (!failed) return;
  check<LinAlgError>(failed->info != kernels::kNotFinite,
                     "{}: expected finite numbers, got a matrix with a NaN or an infinity{}", op, failed->where);
  fail<LinAlgError>("{}: LAPACK's iteration did not converge for the matrix{}", op, failed->where);
}

SvdResult run_svd(std::string_view op, const Tensor& x, bool vectors, bool full, bool finite) {
  const NoGradGuard guard;
  const std::int64_t m = x.size(-2), n = x.size(-1), k = std::min(m, n);
  const Shape batch = batch_of(x);
  const auto identities = [&](std::int64_t rows, std::int64_t columns) {
    return expand(eye(rows, columns, x.options()), with_sizes(batch, {rows, columns})).contiguous();
  };
  const std::int64_t of_u = full ? m : k, of_v = full ? n : k;
  if (k == 0) return {identities(m, of_u), empty(with_sizes(batch, {0}), x.options()), identities(of_v, n)};
  // To LAPACK a row-major matrix is the transpose, which has to be tall: x^T = V diag(s) U^T.
  const Device device = lapack_device(x);
  const bool wide = m < n;
  const Tensor a = lapack_copy(wide ? x : mT(x), device), s = lapack_result(x, with_sizes(batch, {k}), device);
  const auto part = [&](std::int64_t rows, std::int64_t columns) {
    return vectors ? lapack_result(x, with_sizes(batch, {rows, columns}), device) : Tensor();
  };
  const Tensor left = wide ? part(of_v, n) : part(of_u, m), right = part(k, k);
  LapackInfo info(x);
  kernels::svd[device]({.dtype = x.dtype(),
                        .batch = batch_size(x),
                        .m = std::max(m, n),
                        .n = k,
                        .full = full,
                        .a = a.data(),
                        .s = s.data(),
                        .u = vectors ? left.data() : nullptr,
                        .vt = vectors ? right.data() : nullptr,
                        .info = info.data()});
  if (finite) info.check_converged(op);
  const auto transposed = [&](const Tensor& t) { return mT(t).contiguous(); };
  if (!vectors) return {{}, s.to(x.device()), {}};
  if (wide) return {right.to(x.device()), s.to(x.device()), left.to(x.device())};
  return {transposed(left).to(x.device()), s.to(x.device()), transposed(right).to(x.device())};
}

void check_tolerance(std::string_view op, const linalg::RankTolerance& tolerance) {
  check_option(op, "atol", tolerance.atol.value_or(0), kFiniteAtLeastZero);
  check_option(op, "rtol", tolerance.rtol.value_or(0), kFiniteAtLeastZero);
}

Tensor rank_threshold(const Tensor& singular_values, const Tensor& x, const linalg::RankTolerance& tolerance) {
  const NoGradGuard guard;
  const double atol = tolerance.atol.value_or(0);
  const double epsilon =
      x.dtype() == DType::f32 ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
  const double usual = atol > 0 ? 0 : static_cast<double>(std::max(x.size(-2), x.size(-1))) * epsilon;
  const Tensor least = full(with_sizes(batch_of(x), {1}), atol, singular_values.options());
  if (singular_values.numel() == 0) return least;
  return maximum(amax(singular_values, {-1}, true) * tolerance.rtol.value_or(usual), least);
}

}  // namespace reel::detail
