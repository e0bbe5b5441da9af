#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/linalg.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/linalg.h>
#include <reel/ops/view.h>

/// What the operations of linalg share: checks, and matrices as LAPACK takes them.
namespace reel::detail {

/// `apply` of an op that takes no part in autocast: neither it nor its backward rounds factors of products.
template <DifferentiableOp Op, std::same_as<Tensor>... Inputs> auto apply_exact(const Op& op, const Inputs&... inputs) {
  const AutocastGuard guard(DType::f32);
  return apply(op, inputs...);
}

/// The sum of two gradients, of which either or both may be missing.
inline Tensor sum_of(const Tensor& a, const Tensor& b) {
  return a.defined() && b.defined() ? a + b : a.defined() ? a : b;
}

/// x^T of the last two dimensions.
inline Tensor mT(const Tensor& x) { return transpose(x, -2, -1); }

/// The sizes before the last `count`.
inline Shape batch_of(const Tensor& x, int count = 2) {
  return Shape(std::span(x.shape().begin(), static_cast<std::size_t>(x.dim() - count)));
}
/// How many elements these are.
inline std::int64_t batch_size(const Tensor& x) { return numel(batch_of(x)); }
/// The shape of a batch with further sizes.
Shape with_sizes(Shape batch, std::initializer_list<std::int64_t> sizes);

/// f32 or f64, and rank 2 or more.
void check_matrices(std::string_view op, const Tensor& x);
/// And as many rows as columns.
void check_square(std::string_view op, const Tensor& x);

/// Both operands with equal batch dimensions, of one dtype and on one device.
std::array<Tensor, 2> with_common_batch(std::string_view op, const Tensor& a, const Tensor& b);

/// Where the kernels for these matrices run: on their device or on the CPU.
Device lapack_device(const Tensor& matrices);
/// A copy on that device for LAPACK to overwrite: off the tape, row by row, which to LAPACK is the transpose.
Tensor lapack_copy(const Tensor& x, Device device);
/// Memory there for a result.
Tensor lapack_result(const Tensor& like, const Shape& shape, Device device);

/// One number for each matrix of a batch, in which a kernel says what went wrong; in the CPU's memory.
class LapackInfo {
 public:
  explicit LapackInfo(const Tensor& matrices)
      : batch_(batch_of(matrices)), info_(static_cast<std::size_t>(numel(batch_))) {}
  std::int32_t* data() { return info_.data(); }

  /// The first matrix that failed: its number, and "" or " at index [1, 0] of the batch".
  struct Failure {
    std::int32_t info;
    std::string where;
  };
  std::optional<Failure> failure() const;
  /// Of singular values and eigenvalues: a LinAlgError for a matrix that is not finite, or for which there was no
  /// convergence.
  void check_converged(std::string_view op) const;

 private:
  Shape batch_;
  std::vector<std::int32_t> info_;
};

/// U, S and V^T, off the tape; U and V^T are undefined without `vectors`.
struct SvdResult {
  Tensor u, s, vt;
};
/// A LinAlgError for a matrix with a NaN or an infinity; or, with `finite` = false, NaN for it.
SvdResult run_svd(std::string_view op, const Tensor& x, bool vectors, bool full, bool finite = true);

/// A ValueError unless the tolerances are finite and at least 0.
void check_tolerance(std::string_view op, const linalg::RankTolerance& tolerance);
/// The number up to which singular values of `x` count as 0: [..., 1].
Tensor rank_threshold(const Tensor& singular_values, const Tensor& x, const linalg::RankTolerance& tolerance);

}  // namespace reel::detail
