#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include <reel/tensor/tensor.h>

/// PyTorch's torch.linalg: decompositions and what is computed with them, for matrices [..., m, n] of f32 and f64.
/// Leading dimensions are batches; those of two operands broadcast. A LinAlgError names the matrix of a batch that is
/// at fault.
///
/// They are LAPACK's on the CPU; a build without it throws an Error. On a GPU they are cuSOLVER's; where that is not
/// installed, and for many small matrices, these are brought to the CPU and the results back. They cannot be recorded
/// in a graph. Autocast concerns products alone.
///
/// A matrix that has to be symmetric is not checked: one triangle is read, and the gradient is symmetric.
namespace reel::linalg {

/// How many columns Q and rows R have: min(m, n), or m.
enum class QrMode : std::uint8_t { reduced, complete };
/// The Frobenius norm, sqrt(sum x^2), or the nuclear norm, the sum of the singular values.
enum class MatrixNorm : std::uint8_t { fro, nuc };

/// Which singular values count as 0: those up to the larger of `atol` and `rtol` times the largest one.
struct RankTolerance {
  std::optional<double> atol = {};  ///< 0 if not given.
  std::optional<double> rtol = {};  ///< If not given max(m, n) times the dtype's epsilon, or 0 with an atol above 0.
};

// --- systems of equations and inverses

/// A^-1 of square matrices; a LinAlgError for a singular one. Gradient (Giles 2008): -A^-T G A^-T.
Tensor inv(const Tensor& a);
/// X with A X = B, or X A = B with `left` = false; a LinAlgError for a singular A. B is [..., n, k], or a batch of
/// vectors [..., n]: if its rank is 1, or its shape that of A without the last dimension. Gradients (Giles 2008): that
/// of B solves with A^T, that of A is -G_B X^T.
Tensor solve(const Tensor& a, const Tensor& b, bool left = true);
/// The same for A triangular: only its upper or lower triangle is read, with `unitriangular` as if its diagonal were 1.
/// A zero on the diagonal gives infinities or NaN. B is [..., n, k].
Tensor solve_triangular(const Tensor& a, const Tensor& b, bool upper, bool left = true, bool unitriangular = false);
/// X with A X = B, where A = L L^T is given by its factor L = `cholesky(A)`, or U^T = L with `upper`. As
/// torch.cholesky_solve B comes first.
Tensor cholesky_solve(const Tensor& b, const Tensor& factor, bool upper = false);
/// X that minimises |A X - B| for each column of B [..., m, k], the smallest one where several do; with it the sums of
/// the squared residuals [..., k] (empty unless m > n and every A has full rank), the ranks (i64) and the singular
/// values of A. Only X and the residuals are differentiable. Singular values up to rcond times the largest count as 0;
/// if not given, rcond is max(m, n) times the dtype's epsilon.
std::tuple<Tensor, Tensor, Tensor, Tensor> lstsq(const Tensor& a, const Tensor& b,
                                                 std::optional<double> rcond = std::nullopt);
/// The pseudoinverse of Moore and Penrose [..., n, m]. Its gradient (Golub and Pereyra 1973) is that among matrices of
/// the same rank; it exists also where singular values are equal.
Tensor pinv(const Tensor& a, const RankTolerance& tolerance = {});

// --- decompositions

/// L, lower triangular with a positive diagonal, with A = L L^T; with `upper` L^T. The lower triangle of A is read. A
/// LinAlgError unless A is positive definite. Gradient: Murray 2016, "Differentiation of the Cholesky decomposition".
Tensor cholesky(const Tensor& a, bool upper = false);
/// Q with orthonormal columns and R upper triangular with A = Q R. The diagonal of R may be negative. Gradient (Walter
/// and Lehmann 2010): it needs the first min(m, n) columns of A to be independent, and is infinite or NaN otherwise; an
/// AutogradError for the complete form if m > n, whose further columns are not determined.
std::tuple<Tensor, Tensor> qr(const Tensor& a, QrMode mode = QrMode::reduced);
/// U, the singular values in descending order, and V^T with A = U diag(S) V^T. U and V are square, or with
/// `full_matrices` = false have min(m, n) columns. The signs of a pair of vectors are not determined: a loss must not
/// depend on them. A LinAlgError if A holds a NaN or an infinity.
///
/// Gradient (Townsend 2016). That of U and V has the differences of squared singular values, and for m != n the values,
/// in denominators: it is infinite or NaN where two are equal, or one is 0, as in PyTorch. That of S alone has no
/// denominators; its second derivative has. The further vectors of the full form are not determined: an AutogradError
/// in backward, if m != n and U or V is used.
std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& a, bool full_matrices = true);
/// The singular values in descending order [..., min(m, n)].
Tensor svdvals(const Tensor& a);
/// The eigenvalues of symmetric matrices in ascending order [..., n], and their eigenvectors as columns. The lower
/// triangle is read, or the upper one. The sign of a vector is not determined: a loss must not depend on it. A
/// LinAlgError if A holds a NaN or an infinity.
///
/// Gradient (Giles 2008): that of the vectors has differences of eigenvalues in denominators, so it is infinite or NaN
/// where two are equal, as in PyTorch. That of the eigenvalues alone has none; its second derivative has.
std::tuple<Tensor, Tensor> eigh(const Tensor& a, bool upper = false);
/// The eigenvalues of symmetric matrices in ascending order [..., n].
Tensor eigvalsh(const Tensor& a, bool upper = false);

// --- numbers

/// The determinant of square matrices; 1 of [0, 0]. Its gradient, the matrix of cofactors, comes from the singular
/// vectors and is right for singular matrices, too, to the second order.
Tensor det(const Tensor& a);
/// The determinant's sign (-1, 0 or 1) and the logarithm of its magnitude; (0, -infinity) of a singular matrix, whose
/// gradient is a LinAlgError. The sign's gradient is 0.
std::tuple<Tensor, Tensor> slogdet(const Tensor& a);
/// The number of singular values that do not count as 0 (i64).
Tensor matrix_rank(const Tensor& a, const RankTolerance& tolerance = {});
/// The p-norm of the elements over dimensions: `norm`.
Tensor vector_norm(const Tensor& x, double ord = 2, const Dims& dims = {}, bool keepdim = false);
/// The norm of the matrices in two dimensions.
Tensor matrix_norm(const Tensor& x, MatrixNorm ord = MatrixNorm::fro, const Dims& dims = {-2, -1},
                   bool keepdim = false);
/// The same for the order 2 or -2, the largest or smallest singular value; 1 or -1, the largest or smallest sum of
/// magnitudes of a column; infinity or its negative, of a row.
Tensor matrix_norm(const Tensor& x, double ord, const Dims& dims = {-2, -1}, bool keepdim = false);

// --- products

/// The n-th power of square matrices, by squaring; of the inverse where n is negative.
Tensor matrix_power(const Tensor& a, std::int64_t n);
/// The product of two or more matrices, in the order that takes the fewest multiplications. The first and the last one
/// may be vectors, a row and a column.
Tensor multi_dot(const Tensors& matrices);

}  // namespace reel::linalg
