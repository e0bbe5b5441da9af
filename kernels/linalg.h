#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/device.h>
#include <reel/tensor/core/dtype.h>

/// Decompositions of batches of matrices, f32 and f64: on the CPU through LAPACK, on GPUs through cuSOLVER. Matrices
/// follow one another without gaps, each of them column by column, as LAPACK has them; to it a row-major matrix is the
/// transpose. Arrays may be empty.
///
/// `info` has a number for each matrix: 0, or what went wrong with it, and then its results say nothing. It lies in the
/// CPU's memory, so a GPU's kernel waits for its numbers; all other kernels return at once.
namespace reel::kernels {

/// Whether this build has LAPACK. Without it all of the CPU's functions but `triangular_solve` throw an Error.
bool lapack_available();

/// Where a batch of matrices on `device`, with at most `n` rows and columns, is decomposed: on the CPU, too, where
/// cuSOLVER is not installed, or there are many small matrices. The caller brings them there.
Device decomposition_device(Device device, std::int64_t batch, std::int64_t n);

/// In `info`: the matrix holds a NaN or an infinity, and all its results are NaN.
inline constexpr std::int32_t kNotFinite = -1;

/// P A = L U with pivots; then, if `b` is not null, b = A^-1 b.
struct LuArgs {
  DType dtype;
  std::int64_t batch, n, columns;
  void* a;             ///< [n, n]: A, then U in the upper triangle and L below, without its diagonal of ones.
  void* b;             ///< [n, columns], or null.
  void* parity;        ///< The determinant of P for each matrix: 1 or -1.
  std::int32_t* info;  ///< The first k > 0 for which pivot k is exactly 0; `b` means nothing then. Or null.
};

/// A = U^T U of symmetric matrices.
struct CholeskyArgs {
  DType dtype;
  std::int64_t batch, n;
  void* a;             ///< [n, n]: the upper triangle of A, then U. What is below means nothing.
  std::int32_t* info;  ///< The order k > 0 of the first leading block that is not positive definite.
};

/// A = Q R.
struct QrArgs {
  DType dtype;
  std::int64_t batch, m, n;
  std::int64_t columns;  ///< Of Q: min(m, n) or m.
  void* a;               ///< [m, n]: A, then R in the upper triangle. What is below means nothing.
  void* q;               ///< [m, columns].
};

/// A = U diag(s) V^T of matrices with m >= n.
struct SvdArgs {
  DType dtype;
  std::int64_t batch, m, n;
  bool full;           ///< Whether U is square; else it has n columns.
  void* a;             ///< [m, n]: A; overwritten.
  void* s;             ///< [n], in descending order.
  void* u;             ///< [m, m or n]; null, as `vt`, for s alone.
  void* vt;            ///< [n, n].
  std::int32_t* info;  ///< > 0: no convergence.
};

/// A = V diag(w) V^T of symmetric matrices.
struct EighArgs {
  DType dtype;
  std::int64_t batch, n;
  bool upper;          ///< Which triangle is read.
  bool vectors;        ///< Whether `a` becomes V; else it is overwritten.
  void* a;             ///< [n, n].
  void* w;             ///< [n], in ascending order.
  std::int32_t* info;  ///< > 0: no convergence.
};

/// b = b A^-1 with triangular matrices A.
struct TriangularSolveArgs {
  DType dtype;
  std::int64_t batch, n, rows;
  bool upper;     ///< Which triangle is read.
  bool unit;      ///< Whether the diagonal counts as ones.
  const void* a;  ///< [n, n].
  void* b;        ///< [rows, n].
};

namespace cuda {
/// Whether the libraries are there: cuSOLVER, and cuBLAS, which it needs.
bool has_cusolver();
void lu(const LuArgs& args);
void cholesky(const CholeskyArgs& args);
void qr(const QrArgs& args);
void svd(const SvdArgs& args);
void eigh(const EighArgs& args);
void triangular_solve(const TriangularSolveArgs& args);
}  // namespace cuda
namespace cpu {
void lu(const LuArgs& args);
void cholesky(const CholeskyArgs& args);
void qr(const QrArgs& args);
void svd(const SvdArgs& args);
void eigh(const EighArgs& args);
void triangular_solve(const TriangularSolveArgs& args);
}  // namespace cpu

inline constexpr KernelTable<void(const LuArgs&)> lu{&cpu::lu, &cuda::lu};
inline constexpr KernelTable<void(const CholeskyArgs&)> cholesky{&cpu::cholesky, &cuda::cholesky};
inline constexpr KernelTable<void(const QrArgs&)> qr{&cpu::qr, &cuda::qr};
inline constexpr KernelTable<void(const SvdArgs&)> svd{&cpu::svd, &cuda::svd};
inline constexpr KernelTable<void(const EighArgs&)> eigh{&cpu::eigh, &cuda::eigh};
inline constexpr KernelTable<void(const TriangularSolveArgs&)> triangular_solve{&cpu::triangular_solve,
                                                                                &cuda::triangular_solve};

}  // namespace reel::kernels
