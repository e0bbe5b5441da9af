// Products of a matrix and a vector.

#include <reel/kernels/cpu/gemm/gemm_algorithms.h>
#include <reel/kernels/cpu/lanes.h>
#include <reel/kernels/cpu/pieces.h>
#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/vector_math.h>

namespace reel::kernels::cpu::product {
namespace {

/// Sums run over pieces of this many terms, whatever the number of threads. Those of the pieces are added up in f64.
constexpr std::int64_t kPiece = 4096;
/// Of these, so many rows are added to columns in T.
constexpr std::int64_t kRows = 512;
/// Columns whose sums stay in the first-level cache.
constexpr std::int64_t kWidth = 1024;

template <class T> struct MatrixVector {
  REEL_VECTOR_CLONES static T dot_piece(const T* a, const T* b, std::int64_t n) { return dot_in_lanes(a, b, n); }

  static T dot(const T* a, const T* b, std::int64_t n) {
    return sum_pieces(n, kPiece, [=](std::int64_t i, std::int64_t count) { return dot_piece(a + i, b + i, count); });
  }

  /// out[j] = sum over the rows of v[r] * matrix[r][j].
  REEL_VECTOR_CLONES static void add_rows(const T* matrix, std::int64_t ld, const T* v, std::int64_t rows,
                                          std::int64_t width, T* out) {
    for (std::int64_t j = 0; j < width; ++j) out[j] = 0;
    std::int64_t r = 0;
    for (; r + 4 <= rows; r += 4) {
      const T* m0 = matrix + r * ld;
      const T* m1 = m0 + ld;
      const T* m2 = m1 + ld;
      const T* m3 = m2 + ld;
      const T v0 = v[r], v1 = v[r + 1], v2 = v[r + 2], v3 = v[r + 3];
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) out[j] += (v0 * m0[j] + v1 * m1[j]) + (v2 * m2[j] + v3 * m3[j]);
    }
    for (; r < rows; ++r) {
      const T* m0 = matrix + r * ld;
      const T v0 = v[r];
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) out[j] += v0 * m0[j];
    }
  }

  /// out[r] = matrix[r] . v for contiguous rows, in chunks of rows; one long row in chunks of its pieces.
  static void dots(const T* matrix, std::int64_t ld, const T* v, std::int64_t rows, std::int64_t n, T* out) {
    if (rows > 1 || n < 8 * kPiece) {
      parallel_for(rows, std::max<std::int64_t>(1, kGrain / n), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) out[r] = dot(matrix + r * ld, v, n);
      });
      return;
    }
    LineVector<T> partial(static_cast<std::size_t>((n + kPiece - 1) / kPiece));
    parallel_for(n, kPiece, [&](std::int64_t begin, std::int64_t end) {
      partial[static_cast<std::size_t>(begin / kPiece)] = dot_piece(matrix + begin, v + begin, end - begin);
    });
    double total = 0;
    for (const T p : partial) total += static_cast<double>(p);
    out[0] = static_cast<T>(total);
  }

  /// out[j] = sum of v[r] * matrix[r][j], in tiles of columns and pieces of rows.
  static void combine(const T* matrix, std::int64_t ld, const T* v, std::int64_t rows, std::int64_t n, T* out) {
    const std::int64_t pieces = (rows + kPiece - 1) / kPiece;
    LineVector<T> partial(static_cast<std::size_t>(pieces > 1 ? pieces * n : 0));
    T* sums = pieces > 1 ? partial.data() : out;
    const std::int64_t width = std::clamp<std::int64_t>(kGrain / std::min(rows, kPiece) / 16 * 16, 64, kWidth);
    const std::int64_t tiles = (n + width - 1) / width;
    parallel_for(pieces * tiles, std::max<std::int64_t>(1, kGrain / (std::min(rows, kPiece) * std::min(n, width))),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t unit = begin; unit < end; ++unit) {
                     const std::int64_t first = unit / tiles * kPiece, j = unit % tiles * width;
                     const std::int64_t columns = std::min(width, n - j);
                     const T* piece = matrix + first * ld + j;
                     sum_column_pieces<kWidth>(std::min(kPiece, rows - first), kRows, columns,
                                               sums + unit / tiles * n + j,
                                               [&](std::int64_t r, std::int64_t count, T* to) {
                                                 add_rows(piece + r * ld, ld, v + first + r, count, columns, to);
                                               });
                   }
                 });
    if (pieces == 1) return;
    for (std::int64_t j = 0; j < n; ++j) {
      double total = 0;
      for (std::int64_t p = 0; p < pieces; ++p) total += static_cast<double>(sums[p * n + j]);
      out[j] = static_cast<T>(total);
    }
  }
};

}  // namespace

template <class T> void run_matrix_vector(const GemmArgs& args) {
  const bool row_result = args.m == 1;  // v B; else A v
  const GemmOperand& matrix = row_result ? args.b : args.a;
  const GemmOperand& vector = row_result ? args.a : args.b;
  const std::int64_t length = row_result ? args.n : args.m, k = args.k;
  // The vector is a row (m = 1) or a column; either may be strided, and so may a column of C.
  const std::int64_t v_step = vector.layout.transposed == row_result ? vector.layout.ld : 1;
  const std::int64_t c_step = row_result ? 1 : args.ldc;
  const bool rows_are_results =
      matrix.layout.transposed == row_result || (length == 1 && matrix.layout.ld == 1);  // a contiguous column
  const bool direct = c_step == 1 && !args.bias && !args.accumulate;
  const T* bias = static_cast<const T*>(args.bias);
  const auto product = [&](std::int64_t i, LineVector<T>& packed, LineVector<T>& result) {
    const T* m = static_cast<const T*>(matrix.data) + i * matrix.batch_stride;
    const T* v = static_cast<const T*>(vector.data) + i * vector.batch_stride;
    T* c = static_cast<T*>(args.c) + i * args.c_batch_stride;
    if (v_step != 1) {
      for (std::int64_t p = 0; p < k; ++p) packed[static_cast<std::size_t>(p)] = v[p * v_step];
      v = packed.data();
    }
    T* out = direct ? c : result.data();
    if (rows_are_results) MatrixVector<T>::dots(m, matrix.layout.ld, v, length, k, out);
    else MatrixVector<T>::combine(m, matrix.layout.ld, v, k, length, out);
    if (direct) return;
    for (std::int64_t j = 0; j < length; ++j) {
      T value = args.accumulate ? c[j * c_step] + out[j] : out[j];
      if (bias) value += bias[row_result ? j : 0];
      c[j * c_step] = value;
    }
  };
  parallel_for(args.batch, std::max<std::int64_t>(1, kGrain / (length * k)), [&](std::int64_t begin, std::int64_t end) {
    LineVector<T> packed(static_cast<std::size_t>(v_step == 1 ? 0 : k));
    LineVector<T> result(static_cast<std::size_t>(direct ? 0 : length));
    for (std::int64_t i = begin; i < end; ++i) product(i, packed, result);
  });
}

template void run_matrix_vector<float>(const GemmArgs&);
template void run_matrix_vector<double>(const GemmArgs&);

}  // namespace reel::kernels::cpu::product
